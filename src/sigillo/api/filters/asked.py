"""One filter as the caller wrote it, and the reading of its value. Each refusal names the filter."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sigillo.api.values import is_identifier, read_moment
from sigillo.base.errors import Invalid

MAX_CHOICES = 100
_CLAIMS = {"true": True, "1": True, "false": False, "0": False}
_UNESCAPED_PLUS = re.compile(r"([Tt ]\d\d:\d\d\S*) (\d\d:?\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """`name` is the whole parameter, `lookup` the part of it that says how to compare."""

    name: str
    lookup: str
    value: str

    def wrong(self, remedy: str) -> Invalid:
        """The refusal of its value."""
        return Invalid("invalid_filter_value", f"{self.name}: {self.value[:60]!r} does not fit; {remedy}.")

    def choices(self) -> list[str]:
        """The items of a comma list."""
        items = self.value.split(",")
        if len(items) > MAX_CHOICES:
            raise self.wrong(f"give at most {MAX_CHOICES} values")
        return items

    def claim(self) -> bool:
        """The value of `isnull`, or of a yes or no."""
        try:
            return _CLAIMS[self.value.lower()]
        except KeyError:
            raise self.wrong("write true or false") from None

    def identifier(self) -> UUID:
        """A uuid."""
        return self._identifier(self.value)

    def identifiers(self) -> list[UUID]:
        """The uuids of a comma list."""
        return [self._identifier(item) for item in self.choices()]

    def _identifier(self, text: str) -> UUID:
        if not is_identifier(text):
            raise self.wrong("give an id as it is shown")
        return UUID(text)

    def moment(self) -> datetime:
        """A moment in UTC."""
        return read_moment(self.name, _with_plus(self.value))

    def moments(self) -> list[datetime]:
        """The moments of a comma list; a range has two."""
        moments = [read_moment(self.name, _with_plus(item)) for item in self.choices()]
        if self.lookup == "range" and len(moments) != 2:
            raise self.wrong("give two moments parted by a comma")
        return moments

    def date(self) -> date:
        """A calendar date."""
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", self.value):
                raise ValueError(self.value)
            return date.fromisoformat(self.value)
        except ValueError:
            raise self.wrong("write a date such as 2026-01-31") from None

    def whole(self, low: int, high: int) -> int:
        """A whole number within bounds."""
        if not re.fullmatch("[0-9]{1,4}", self.value) or not low <= int(self.value) <= high:
            raise self.wrong(f"give a whole number from {low} to {high}")
        return int(self.value)


def _with_plus(text: str) -> str:
    """A plus sign that was not escaped in an address arrives as a space: that of an offset is put back."""
    return _UNESCAPED_PLUS.sub(r"\1+\2", text)
