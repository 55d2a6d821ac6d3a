"""What somebody who enrolls must be told of: the fields of `provider_data` for `sms` and `st-approval`."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from sigillo.base.errors import Invalid
from sigillo.identities.providers.embedded import normal_code
from sigillo.identities.providers.table import ENROLLED, MAX_FIELD

REQUIRED = ("last_name", "first_name", "birth_date", "birth_country", "email", "phone_mobile")
OPTIONAL = ("fiscal_code",)
MAX_FISCAL_CODE = 40
MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, without the brackets
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))  # unseen, but letters of Persian and Indic names need them
_FISCAL_CODE = re.compile(r"[A-Za-z0-9 '()+,./:=?-]+")  # PrintableString, which the certificate's serialNumber is


def check_enrolled_provider(provider_id: str) -> str:
    """The id of a provider that one enrolls with. Raises Invalid, naming those there are."""
    if provider_id not in ENROLLED:
        known = ", ".join(ENROLLED)
        raise Invalid("unknown_provider", f"provider_id {provider_id!r} is none to enroll with; use one of {known}.")
    return provider_id


def check_enrollment_data(data: Mapping[str, object], today: date) -> dict[str, str]:
    """The fields as they are kept; the date of birth in ISO form.

    Raises:
        Invalid: a field is missing, malformed or unknown; the message names it.
    """
    unknown = sorted(set(data) - {*REQUIRED, *OPTIONAL})
    if unknown:
        fields = ", ".join((*REQUIRED, *OPTIONAL))
        raise Invalid("unknown_provider_field", f"provider_data.{unknown[0]} is not a field; it takes {fields}.")
    told = {name: _text(name, data.get(name)) for name in REQUIRED}
    if len(told["email"]) > MAX_EMAIL:
        raise _wrong("email", f"an address has at most {MAX_EMAIL} characters")
    told["birth_date"] = _birth_date(told["birth_date"], today).isoformat()
    if data.get("fiscal_code") not in (None, ""):
        told["fiscal_code"] = _fiscal_code(data["fiscal_code"])
    return told


def _text(name: str, value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    seen = text.translate(_JOINERS)
    if not seen or len(text) > MAX_FIELD or not seen.isprintable():
        raise _wrong(name, f"it is required: a text of 1 to {MAX_FIELD} printable characters")
    return text


def _fiscal_code(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > MAX_FISCAL_CODE or not _FISCAL_CODE.fullmatch(text):
        raise _wrong("fiscal_code", f"write it in at most {MAX_FISCAL_CODE} letters and digits")
    return normal_code(text)


def _birth_date(text: str, today: date) -> date:
    for form in ("%d-%m-%Y", "%Y-%m-%d"):
        try:
            born = datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
        if date(1890, 1, 1) <= born < today:
            return born
    raise _wrong("birth_date", "write a past date as DD-MM-YYYY or YYYY-MM-DD")


def _wrong(name: str, remedy: str) -> Invalid:
    return Invalid("invalid_provider_data", f"provider_data.{name} does not fit: {remedy}.")
