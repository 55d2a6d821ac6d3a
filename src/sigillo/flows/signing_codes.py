"""One-time passwords for signatures: sent to the signer, good for the signatures that wait for him now."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from sigillo.base.errors import Conflict, Invalid
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.identities import check_holder
from sigillo.flows.voice import actor
from sigillo.identities import one_time_passwords
from sigillo.identities.access import access_identity
from sigillo.identities.keys import is_remote, open_provider_data, send_otp
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.identities.providers.table import TOKEN
from sigillo.messages.models import Message
from sigillo.messages.writing import check_gateway, mask, write_message
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Signature
from sigillo.transactions.states import SignatureStatus

MAX_SIGNATURES = 1000


def bound_to(signature: Signature) -> list[str]:
    """What a code for this signature is bound to: the signature, and the document as it was taken in."""
    return [str(signature.id), signature.document.source_digest]


def send_signing_code(principal: Principal, identity_id: UUID, wanted: Sequence[UUID] | None = None) -> str:
    """Send a one-time password to the holder of an identity; the masked address to which it goes.

    It is good for the `wanted` signatures, or for all that wait for him at this moment. The key at a signing service
    has the service send it.

    Raises:
        NotFound: there is no such identity for this principal.
        Conflict: the identity is not active, or a code was sent a moment ago.
        Invalid: no code signs with it, its user is disabled, nothing waits for his signature, or no address of his
            is known.
        Forbidden: the identity is locked.
        Unavailable: the signing service, or the gateway for messages, is not there.
    """
    own_only = check_permission(principal, Verb.SEND_CODE) is Scope.OWN
    identity = access_identity(principal, identity_id, own_only=own_only)
    if identity.status != Identity.Status.ACTIVE:
        raise Conflict("identity_not_active", f"The identity is {identity.status}; activate it first.")
    check_holder(identity.user)
    if identity.provider_id == TOKEN:
        raise Invalid("physical_token", "The key of this identity is on a physical token, which asks for its own PIN.")
    if is_remote(identity):
        send_otp(identity)
        return "the signing service"
    if identity.user.automatic:
        raise Invalid("user_automatic", "An automatic signer signs by its password, and by no code.")
    waiting = _waiting(identity, wanted)
    channel, address = address_of(identity)
    check_gateway(channel)
    with transaction.atomic():
        code = one_time_passwords.issue(
            identity,
            OneTimePassword.Purpose.SIGN,
            [bound_to(signature) for signature in waiting],
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
        )
    return mask(channel, address)


def _waiting(identity: Identity, wanted: Sequence[UUID] | None) -> list[Signature]:
    rows = Signature.objects.select_related("document").filter(
        signer_id=identity.user_id, status=SignatureStatus.PENDING.value
    )
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
