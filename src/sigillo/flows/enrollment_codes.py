"""The one-time password by which somebody who enrolled shows that the telephone is his."""

from collections.abc import Mapping

from django.db import transaction

from sigillo.base.errors import Conflict, Invalid
from sigillo.flows.identities import check_holder
from sigillo.identities import one_time_passwords
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Enrollment, OneTimePassword
from sigillo.identities.providers.table import SMS
from sigillo.messages.addresses import check_email, check_phone, mask
from sigillo.messages.models import Message
from sigillo.messages.writing import check_gateway, write_message


def check_addresses(provider_id: str, told: Mapping[str, str]) -> dict[str, str]:
    """The same data with its addresses as they are written to.

    Raises:
        Invalid: the telephone or the e-mail address is none; the message names the field.
        Unavailable: no gateway for short messages is configured, which `sms` needs.
    """
    phone = check_phone("provider_data.phone_mobile", told["phone_mobile"])
    email = check_email("provider_data.email", told["email"])
    if provider_id == SMS:
        check_gateway(Message.Channel.SMS)
    return {**told, "phone_mobile": phone, "email": email}


def bound_to(row: Enrollment) -> list[str]:
    """What an activation code is bound to."""
    return [str(row.id)]


def write_activation_code(row: Enrollment, *, actor: str) -> str:
    """Make a code and write the message that carries it, in the caller's transaction; the masked address.

    Raises:
        Conflict: a code was sent a moment ago.
        Forbidden: the identity is locked.
    """
    phone = open_provider_data(row.identity)[0]["phone_mobile"]
    code = one_time_passwords.issue(row.identity, OneTimePassword.Purpose.ACTIVATE, [bound_to(row)], actor=actor)
    write_message(
        row.organization,
        row.user,
        kind="activation-code",
        channel=Message.Channel.SMS,
        address=phone,
        subject="Your one-time password",
        text=f"{code} is your one-time password to activate your signature at {row.organization.name}. "
        "It is good for 10 minutes.",
    )
    return sent_to(row)


def sent_to(row: Enrollment) -> str:
    """The telephone number to which the code of a request goes, masked."""
    return mask(Message.Channel.SMS, open_provider_data(row.identity)[0]["phone_mobile"])


def send_activation_code(row: Enrollment, *, actor: str) -> str:
    """Send a new code for an open request; the former one ends. The masked address to which it goes.

    Raises:
        Conflict: the request is not open, or a code was sent a moment ago.
        Invalid: it waits for a RAO, and not for a code; or the user is disabled.
        Forbidden: the identity is locked.
        Unavailable: no gateway for short messages is configured.
    """
    if row.status != Enrollment.Status.PENDING:
        raise Conflict("enrollment_closed", f"The request is {row.status}; no code is needed any more.")
    if row.provider_id != SMS:
        raise Invalid("awaits_approval", "This request waits for the approval of a RAO, and not for a code.")
    check_holder(row.user)
    check_gateway(Message.Channel.SMS)
    with transaction.atomic():
        return write_activation_code(row, actor=actor)
