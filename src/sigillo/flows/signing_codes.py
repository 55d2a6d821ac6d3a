"""One-time passwords for signatures: sent to the signer, good for the signatures that wait for him now."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Invalid, Unavailable
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.voice import actor
from sigillo.identities import one_time_passwords
from sigillo.identities.access import access_identity
from sigillo.identities.keys import is_remote, open_provider_data, send_otp
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.identities.one_time_passwords import LIFE, Aim, for_signature
from sigillo.messages.addresses import check_address, mask_address
from sigillo.messages.models import Message
from sigillo.messages.write import write_message
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Signature
from sigillo.transactions.states import SignatureStatus

MAX_SIGNATURES = 1000


def aim_of(signature: Signature) -> Aim:
    """What a code for this signature is bound to: the signature, and its document as it was taken in."""
    return for_signature(signature.id, signature.document.source_digest)


@contextmanager
def giving_back(code: OneTimePassword | None, signature: Signature, *, actor: str) -> Iterator[None]:
    """Give a code back that was used for a signature which something outside kept from being made."""
    try:
        yield
    except Unavailable:
        if code is not None:
            one_time_passwords.give_back(code, aim_of(signature), actor=actor)
        raise


def send_signing_code(principal: Principal, identity_id: UUID, wanted: Sequence[UUID] | None = None) -> str:
    """Send a one-time password to the holder of an identity; the masked address to which it goes.

    It is good for the `wanted` signatures, or for all that wait for him at this moment. The key at a signing service
    has the service send it.

    Raises:
        NotFound: there is no such identity for this principal.
        Conflict: the identity is not active, or a code was sent a moment ago.
        Invalid: nothing waits for his signature, or no address of his is known.
        Forbidden: the identity is locked.
        Unavailable: the signing service, or the gateway for messages, is not there.
    """
    own_only = check_permission(principal, Verb.SEND_CODE) is Scope.OWN
    identity = access_identity(principal, identity_id, own_only=own_only)
    if identity.status != Identity.Status.ACTIVE:
        raise Conflict("identity_not_active", f"The identity is {identity.status}; activate it first.")
    if is_remote(identity):
        send_otp(identity)
        return "the signing service"
    waiting = _waiting(identity, wanted)
    channel, address = address_of(identity)
    with transaction.atomic():
        code = one_time_passwords.issue(
            identity,
            OneTimePassword.Purpose.SIGN,
            [aim_of(signature) for signature in waiting],
            actor=actor(principal),
        )
        write_message(
            identity.organization,
            identity.user,
            kind="signing-code",
            channel=channel,
            address=address,
            subject="Your one-time password",
            text=f"{code} is your one-time password to sign for {identity.organization.name}. "
            "It is good for 10 minutes.",
            expires=now() + LIFE,
        )
    return mask_address(channel, check_address(channel, address))


def _waiting(identity: Identity, wanted: Sequence[UUID] | None) -> list[Signature]:
    due = Q(signer_id=identity.user_id) | Q(signer=None, signer_group__memberships__user_id=identity.user_id)
    rows = Signature.objects.select_related("document").filter(due, status=SignatureStatus.PENDING.value)
    rows = rows.filter(transaction__deleted_at=None)
    if wanted is not None:
        rows = rows.filter(id__in=wanted)
    waiting = list(rows.order_by("-transaction__created", "id")[:MAX_SIGNATURES])
    if not waiting or (wanted is not None and len(waiting) < len(set(wanted))):
        raise Invalid("nothing_to_sign", "There is no open signature of this user that the code could be for.")
    return waiting


def address_of(identity: Identity) -> tuple[Message.Channel, str]:
    """Where the holder of an identity is reached: the telephone of the enrollment, else the user's e-mail.

    Raises:
        Invalid: neither is known.
    """
    told = open_provider_data(identity)[0]
    if told.get("phone_mobile"):
        return Message.Channel.SMS, told["phone_mobile"]
    email = identity.user.email or told.get("email", "")
    if not email:
        raise Invalid(
            "no_address", "Neither a telephone nor an e-mail address of the signer is known; give the user one."
        )
    return Message.Channel.EMAIL, email
