"""Who may have a signature made, and with which identity; `flows.sign` then makes it."""

from uuid import UUID

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.sign import Attempt, check_open, sign
from sigillo.flows.signers import check_enabled, check_own, signer_of_group
from sigillo.flows.voice import actor
from sigillo.identities.access import get_usable
from sigillo.identities.factors import check_password, counting_refusals
from sigillo.identities.keys import certificate_of
from sigillo.identities.models import Identity
from sigillo.identities.presented import Presented
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import access_signature
from sigillo.transactions.constraints import first_unmet
from sigillo.transactions.models import Signature


def perform_automatic(principal: Principal, signature_id: UUID, password: str) -> None:
    """Make the signature of an automatic signer, by its password. Returns once the signed revision is stored.

    Raises:
        NotFound: there is no such signature for this principal.
        Forbidden: it is not the principal's to make, the password is wrong, or the identity is locked.
        Invalid: the signer is not automatic, has no usable identity, or none that meets the constraints.
        Conflict: it is not open, already made or being made, or the transaction has ended.
        Unavailable: the signing service that holds the key fails.
    """
    scope = check_permission(principal, Verb.PERFORM_SIGNATURE)
    reading = check_permission(principal, Verb.READ_TRANSACTION)
    signature = access_signature(principal, signature_id, own_only=reading is Scope.OWN)
    if scope is Scope.OWN:
        check_own(principal, signature)
    signer = signer_of_group(principal, signature)
    if signer is None or not signer.automatic:
        raise Invalid("not_automatic", "Only an automatic signer signs by password; this signer is a person.")
    signature.signer = signer  # where it was due from a group, it is from now on who signs
    check_enabled(signer)
    check_open(signature)
    identity = _choose_identity(signer, signature)
    who, presented = actor(principal), Presented(password)
    check_password(identity, password, actor=who)
    with counting_refusals(identity, actor=who):
        sign(Attempt(id=new_id(), signature=signature, identity=identity, actor=who, presented=presented))


def _choose_identity(signer: User, signature: Signature) -> Identity:
    """The newest usable identity of the signer that meets the constraints."""
    usable = get_usable(signer, now())
    if not usable:
        raise Invalid("no_identity", "The signer has no active identity in date; associate one to its wallet first.")
    unmet = ""
    for identity in usable:
        unmet = first_unmet(signature.constraints, certificate_of(identity).subject) or ""
        if not unmet:
            return identity
    raise Invalid("constraint_unmet", f"No identity of the signer meets the constraint {unmet}.")
