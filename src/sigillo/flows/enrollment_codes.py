"""The one-time password by which somebody who enrolled shows that the telephone is his."""

from collections.abc import Mapping

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Invalid
from sigillo.flows.wanted import at
from sigillo.identities import one_time_passwords
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Enrollment, OneTimePassword
from sigillo.identities.one_time_passwords import LIFE, for_enrollment
from sigillo.identities.providers.table import SMS
from sigillo.messages.addresses import check_address, mask_address
from sigillo.messages.models import Message
from sigillo.messages.write import write_message


def check_addresses(told: Mapping[str, str]) -> None:
    """Refuse data with which nobody could be reached. Raises Invalid, which names the field."""
    for field, channel in (("phone_mobile", Message.Channel.SMS), ("email", Message.Channel.EMAIL)):
        with at(f"provider_data.{field}"):
            check_address(channel, told[field])


def write_activation_code(row: Enrollment, *, actor: str) -> str:
    """Make a code and write the message that carries it, in the caller's transaction; the masked address.

    Raises:
        Conflict: a code was sent a moment ago.
        Forbidden: the identity is locked.
        Unavailable: this installation is for production and has no gateway for text messages.
    """
    phone = open_provider_data(row.identity)[0]["phone_mobile"]
    code = one_time_passwords.issue(
        row.identity, OneTimePassword.Purpose.ACTIVATE, [for_enrollment(row.id)], actor=actor
    )
    write_message(
        row.organization,
        row.user,
        kind="activation-code",
        channel=Message.Channel.SMS,
        address=phone,
        subject="Your one-time password",
        text=f"{code} is your one-time password to activate your signature at {row.organization.name}. "
        "It is good for 10 minutes.",
        expires=now() + LIFE,
    )
    return mask_address(Message.Channel.SMS, check_address(Message.Channel.SMS, phone))


def send_activation_code(row: Enrollment, *, actor: str) -> str:
    """Send a new code for an open request; the former one ends. The masked address to which it goes.

    Raises:
        Conflict: the request is not open, or a code was sent a moment ago.
        Invalid: it waits for a RAO, and not for a code.
        Forbidden: the identity is locked.
        Unavailable: no gateway for short messages is configured.
    """
    if row.status != Enrollment.Status.PENDING:
        raise Conflict("enrollment_closed", f"The request is {row.status}; no code is needed any more.")
    if row.provider_id != SMS:
        raise Invalid("awaits_approval", "This request waits for the approval of a RAO, and not for a code.")
    with transaction.atomic():
        return write_activation_code(row, actor=actor)
