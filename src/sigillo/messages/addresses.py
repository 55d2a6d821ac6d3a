"""Where a message goes: a telephone number or an e-mail address, checked before it is kept, masked where it is shown.

No refusal repeats the address: sentences end in logs.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from sigillo.base.errors import Invalid
from sigillo.messages.models import Message

MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, without the brackets
_PHONE = re.compile(r"\+[0-9 ()./-]{5,40}", re.ASCII)
_ATOMS = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# Narrower than RFC 5322 on purpose: Apprise reads once more what it is given, and would send what is for
# o'brien@example.org to brien@example.org, and what is for a@example.xn--p1ai to a@example.xn.
_EMAIL = re.compile(rf"{_ATOMS}(?:\+{_ATOMS})?@(?:{_LABEL}\.)+[A-Za-z]{{2,}}")


def check_address(channel: str, text: str) -> str:
    """The address in its one spelling: a number as E.164 (ITU-T), an e-mail address as it was written.

    Raises:
        Invalid: nothing can be sent to it by this channel.
    """
    return _check_phone(text.strip()) if channel == Message.Channel.SMS else _check_email(text.strip())


def mask_address(channel: str, address: str) -> str:
    """What is shown of a checked address: `+39*******890`, `j***@example.com`."""
    if channel == Message.Channel.SMS:
        country = f"+{phonenumbers.parse(address).country_code}"
        return f"{country}{'*' * (len(address) - len(country) - 3)}{address[-3:]}"
    name, _, domain = address.rpartition("@")
    return f"{name[0]}***@{domain}"


def _check_phone(text: str) -> str:
    """A number that its country's plan has room for; whether somebody has it is the gateway's to find out."""
    refusal = Invalid(
        "invalid_phone_number",
        "The telephone number cannot be called; write it with its country, such as +39 333 1234567.",
    )
    if not _PHONE.fullmatch(text):
        raise refusal
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        raise refusal from None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise refusal
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _check_email(text: str) -> str:
    if len(text) > MAX_EMAIL or not _EMAIL.fullmatch(text):
        raise Invalid(
            "invalid_email",
            "Nothing can be sent to this e-mail address; give one such as name@example.org, of the letters a to z, "
            "digits, dots, hyphens, underscores and at most one plus sign.",
        )
    return text
