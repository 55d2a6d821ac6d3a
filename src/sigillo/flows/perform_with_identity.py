"""A person makes a signature over the API, with one of his identities and the factor that it asks for."""

from uuid import UUID

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.sign import Attempt, check_open, sign
from sigillo.flows.signers import check_enabled, check_own, is_automatic, signer_of_group
from sigillo.flows.signing_codes import aim_of, giving_back
from sigillo.flows.voice import actor
from sigillo.identities import one_time_passwords
from sigillo.identities.access import access_identity
from sigillo.identities.factors import check_password, counting_refusals
from sigillo.identities.keys import certificate_of, is_remote
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.identities.presented import Presented
from sigillo.identities.providers.table import APPROVAL, TOKEN
from sigillo.organizations.principal import Principal
from sigillo.pki.suitability import fault_of_certificate
from sigillo.transactions.access import access_signature
from sigillo.transactions.constraints import first_unmet
from sigillo.transactions.models import Signature


def perform_with_identity(
    principal: Principal, identity_id: UUID, signature_id: UUID, *, otp: str, pin: str
) -> Signature:
    """Make a signature with an identity of its signer's; returns once the signed revision is stored.

    The factor is the one-time password that was sent for it, or the PIN (password) that the provider was told; an
    identity that a RAO approved needs neither, since its own user's credential speaks.

    Raises:
        NotFound: there is no such identity or signature for this principal.
        Forbidden: it is not the principal's to make, or the factor is wrong, used up or locked.
        Invalid: the identity is not the signer's, cannot sign here, or does not meet a constraint; a factor is missing.
        Conflict: the signature is not open, or the identity not active.
        Unavailable: the signing service that holds the key fails, or no time-stamp is to be had; a code is not used up.
    """
    scope = check_permission(principal, Verb.PERFORM_SIGNATURE)
    own_only = check_permission(principal, Verb.READ_TRANSACTION) is Scope.OWN
    identity = access_identity(
        principal, identity_id, own_only=check_permission(principal, Verb.READ_IDENTITY) is Scope.OWN
    )
    signature = access_signature(principal, signature_id, own_only=own_only)
    if scope is Scope.OWN or not is_automatic(signature):
        check_own(principal, signature)
    if signature.signer is None:  # it was due from a group, and is from now on of who signs
        signature.signer = signer_of_group(principal, signature)
    if identity.user_id != signature.signer_id:
        raise Invalid("not_the_signers", "signature_id: the identity is not one of this signature's signer.")
    check_enabled(identity.user)
    check_open(signature)
    _check_usable(identity, signature)
    who = actor(principal)
    presented, code = _checked_factor(principal, identity, signature, otp=otp, pin=pin)
    with giving_back(code, signature, actor=who), counting_refusals(identity, actor=who):
        sign(Attempt(id=new_id(), signature=signature, identity=identity, actor=who, presented=presented))
    return signature


def _check_usable(identity: Identity, signature: Signature) -> None:
    if identity.status != Identity.Status.ACTIVE:
        raise Conflict("identity_not_active", f"The identity is {identity.status}; only an active one signs.")
    if identity.provider_id == TOKEN:
        raise Invalid("physical_token", "The key of this identity is on a physical token and signs over a channel.")
    info = certificate_of(identity)
    fault = fault_of_certificate(info, now())
    if fault:
        raise Invalid("unsuitable_certificate", f"The identity cannot sign: {fault}; renew it.")
    unmet = first_unmet(signature.constraints, info.subject)
    if unmet:
        raise Invalid("constraint_unmet", f"The identity does not meet the constraint {unmet}.")


def _checked_factor(
    principal: Principal, identity: Identity, signature: Signature, *, otp: str, pin: str
) -> tuple[Presented, OneTimePassword | None]:
    """What the key is shown, once what is ours to check of it was found right; and the code of ours that it used."""
    if identity.provider_id == APPROVAL:
        return Presented(), None
    if is_remote(identity):
        if not otp and not pin:
            raise Invalid("missing_factor", "Send otp, pin, or both: the signing service asks for them.")
        check_password(identity, pin, actor=actor(principal))
        return Presented(password=pin, otp=otp), None
    if otp:
        purpose = OneTimePassword.Purpose.SIGN
        code = one_time_passwords.check(identity, purpose, aim_of(signature), otp, actor=actor(principal))
        return Presented(otp=otp), code
    if not pin or not identity.password_hash:
        raise Invalid("missing_factor", "otp is missing; have a one-time password sent with send_otp_url, and send it.")
    check_password(identity, pin, actor=actor(principal))
    return Presented(password=pin), None
