"""What somebody who enrolls must be told of: the fields of `provider_data` for `sms` and `st-approval`."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from sigillo.base.errors import Invalid
from sigillo.identities.providers.table import ENROLLED, MAX_FIELD

REQUIRED = ("last_name", "first_name", "birth_date", "birth_country", "email", "phone_mobile")
OPTIONAL = ("fiscal_code",)
MAX_FISCAL_CODE = 40
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
    told = {name: value.strip() for name in (*REQUIRED, *OPTIONAL) if isinstance(value := data.get(name), str)}
    told = {name: value for name, value in told.items() if value}
    for name in (*REQUIRED, *(set(data) & set(OPTIONAL))):
        if data.get(name) is not None or name in REQUIRED:
            _check_text(name, told.get(name, ""))
    told["birth_date"] = _birth_date(told["birth_date"], today).isoformat()
    code = told.get("fiscal_code", "X")
    if len(code) > MAX_FISCAL_CODE or not _FISCAL_CODE.fullmatch(code):
        raise _wrong("fiscal_code", f"write it in at most {MAX_FISCAL_CODE} letters and digits")
    return told


def _check_text(name: str, value: str) -> None:
    if not value or len(value) > MAX_FIELD or not value.isprintable():
        raise _wrong(name, f"it is required: a text of 1 to {MAX_FIELD} printable characters")


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
