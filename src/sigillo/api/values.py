"""Single values as callers write them: moments, addresses, identifiers. Each refusal names the field."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

from sigillo.base.errors import Invalid, NotFound

MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    r" ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
"""How a moment is written, for any dialect of regular expressions."""
_MOMENT = re.compile(MOMENT)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def read_moment(name: str, text: str) -> datetime:
    """A moment in UTC from ISO 8601: minutes, seconds or fractions, `T` or a space, any offset; naive is UTC.

    Raises:
        Invalid: it is none; the message names the field.
    """
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text.upper().replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            "invalid_moment", f"{name}: {text[:60]!r} is not a date and time; write 2026-01-31T12:00:00Z."
        ) from None


def check_web_address(name: str, text: str) -> str:
    """The text itself, if it is an absolute http or https address; an empty one means absent.

    Raises:
        Invalid: it is none; the message names the field.
    """
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if text and not (good and text.isprintable() and " " not in text):
        raise Invalid("invalid_address", f"{name} must be an absolute http or https address.")
    return text


def check_email(name: str, text: str) -> str:
    """The text itself, if it can be an e-mail address; an empty one means absent.

    Raises:
        Invalid: it cannot; the message names the field.
    """
    if text and not (_EMAIL.fullmatch(text) and text.isprintable()):
        raise Invalid("invalid_email", f"{name} must be an e-mail address such as name@example.org.")
    return text


def is_identifier(text: str) -> bool:
    """Whether a text is a uuid, with its dashes or without."""
    return _UUID.fullmatch(text) is not None


def read_identifier(what: str, text: str) -> UUID:
    """The uuid in an address. What is no uuid names nothing, so it is not there.

    Raises:
        NotFound: the text is not a uuid.
    """
    if not is_identifier(text):
        raise NotFound(f"{what.replace(' ', '_')}_not_found", f"There is no such {what}; its id is a uuid.")
    return UUID(text)


def read_handle(text: str) -> str:
    """The user in an address. No user's id holds control characters, so such a one is not there.

    Raises:
        NotFound: the text cannot be a user's id.
    """
    if not text.isprintable():
        raise NotFound("user_not_found", "There is no such user in this organization; check the id.")
    return text


def read_name(text: str) -> str:
    """The name of a group in an address. None holds control characters.

    Raises:
        NotFound: the text cannot be a group's name.
    """
    if not text.isprintable():
        raise NotFound("group_not_found", "There is no such group in this organization; check its name.")
    return text
