"""The provider that is always there: certificates of the embedded authority, keys sealed in the database.

In the sandbox it stands in for every provider of the contract, so that a client runs with nothing bought.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from sigillo.identities import authority
from sigillo.identities.authority import Issued
from sigillo.organizations.models import User
from sigillo.pki.certificates import Subject

MAX_ORGANIZATION = 64  # ub-organization-name; a longer name is shortened rather than refused
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ITALIAN = re.compile(r"[A-Z]{6}[0-9A-Z]{2}[A-Z][0-9A-Z]{2}[A-Z][0-9A-Z]{3}[A-Z]")
_IDENTIFIER = re.compile(r"(?:(?:TIN|IDC|PAS|PNO)[A-Z]{2}-|[A-Z]{2}:)(?P<number>.+)")


def issue_for(user: User, told: Mapping[str, str] = _NOTHING) -> Issued:
    """A certificate in the user's own name, under the organization's.

    What was `told` at enrollment comes before what the user's row says: `first_name`, `last_name`, `email`, and
    `fiscal_code`, which becomes the subject's serialNumber (EN 319 412-1 §5.1.3).
    """
    first, last = told.get("first_name") or user.first_name, told.get("last_name") or user.last_name
    email = told.get("email") or user.email
    return authority.issue(
        Subject(
            common_name=f"{first} {last}".strip() or user.handle,
            given_name=first,
            surname=last,
            serial_number=_identifier(told.get("fiscal_code", "")),
            organization=user.organization.name[:MAX_ORGANIZATION],
            email=email if email.isascii() else "",  # RFC 5280 §4.2.1.6: an rfc822Name is ASCII
        )
    )


def fiscal_code_in(serial_number: str) -> str:
    """The code itself of a subject's serialNumber, without what says of which kind and country it is."""
    identifier = _IDENTIFIER.fullmatch(serial_number)
    return identifier["number"] if identifier else serial_number


def _identifier(fiscal_code: str) -> str:
    return f"TINIT-{fiscal_code}" if _ITALIAN.fullmatch(fiscal_code.upper()) else fiscal_code
