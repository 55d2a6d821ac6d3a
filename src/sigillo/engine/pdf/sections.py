"""The sections of a cross-reference, and what they say of single objects (ISO 32000-2, 7.5.4 and 7.5.8).

Tables are read lazily: entries of regular width stay in the file until a number is looked up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Source

ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])[\x00\t\n\r ]{2}")
ENTRY_SIZE = 20


class Plain(NamedTuple):
    """An object that stands in the file at `offset`."""

    offset: int
    generation: int


class Packed(NamedTuple):
    """An object inside the object stream `stream`, at `position` in it."""

    stream: int
    position: int


class Free(NamedTuple):
    """A number whose object was deleted, or never existed."""

    next_generation: int


Entry = Plain | Packed | Free


class Section(Protocol):
    """What one cross-reference section knows."""

    @property
    def top(self) -> int:
        """The largest object number that it speaks of."""

    def entry(self, number: int) -> Entry | None:
        """Where the object is, or None where the section does not speak of it."""

    def items(self, limit: int) -> Iterator[tuple[int, Entry]]:
        """All that it says of numbers up to `limit`; cheaper than asking for each."""


@dataclass(slots=True)
class Subsection:
    """Numbers that follow one another: `count` from `first` on, their entries from `base` on."""

    first: int
    count: int
    base: int


@dataclass(slots=True)
class Table:
    """A classic table. Regular subsections stay in the file; those with odd line ends are read at once."""

    source: Source
    regular: list[Subsection] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    top: int = 0

    def entry(self, number: int) -> Entry | None:
        """What it says of one object number; None where it is silent."""
        for subsection in self.regular:
            if subsection.first <= number < subsection.first + subsection.count:
                return self._read(subsection.base + ENTRY_SIZE * (number - subsection.first))
        return self.entries.get(number)

    def items(self, limit: int) -> Iterator[tuple[int, Entry]]:
        """What it says of all numbers up to `limit`."""
        yield from ((number, entry) for number, entry in self.entries.items() if number <= limit)
        for number, at in _places(self.regular, ENTRY_SIZE, limit):
            yield number, self._read(at)

    def _read(self, at: int) -> Entry:
        match = ENTRY.match(self.source, at)
        if match is None:
            raise Malformed("damaged_xref", "An entry of the cross-reference table is damaged.")
        return table_entry(match)


@dataclass(slots=True)
class Stream:
    """A cross-reference stream, decoded; its rows are unpacked when they are asked for."""

    widths: tuple[int, int, int]
    subsections: list[Subsection]
    data: bytes
    top: int

    def entry(self, number: int) -> Entry | None:
        """What it says of one object number; None where it is silent."""
        for subsection in self.subsections:
            if subsection.first <= number < subsection.first + subsection.count:
                return self._read(subsection.base + sum(self.widths) * (number - subsection.first))
        return None

    def items(self, limit: int) -> Iterator[tuple[int, Entry]]:
        """What it says of all numbers up to `limit`."""
        for number, at in _places(self.subsections, sum(self.widths), limit):
            entry = self._read(at)
            if entry is not None:
                yield number, entry

    def _read(self, at: int) -> Entry | None:
        fields: list[int | None] = []
        for width in self.widths:
            fields.append(int.from_bytes(self.data[at : at + width], "big") if width else None)
            at += width
        if at > len(self.data):
            return None
        kind = 1 if fields[0] is None else fields[0]
        second, third = fields[1] or 0, fields[2] or 0
        if kind == 1:
            return Plain(second, third)
        return Packed(second, third) if kind == 2 else Free(third) if kind == 0 else None


@dataclass(slots=True)
class Known:
    """Entries that were found by reading the file from its beginning, not from its cross-reference."""

    entries: dict[int, Entry]

    @property
    def top(self) -> int:
        """The highest number it speaks of."""
        return max(self.entries, default=0)

    def entry(self, number: int) -> Entry | None:
        """What it says of one object number; None where it is silent."""
        return self.entries.get(number)

    def items(self, limit: int) -> Iterator[tuple[int, Entry]]:
        """What it says of all numbers up to `limit`."""
        return ((number, entry) for number, entry in self.entries.items() if number <= limit)


@dataclass(slots=True)
class Hybrid:
    """A table and its XRefStm: what the table calls free may be in the stream (7.5.8.4)."""

    table: Section
    hidden: Section

    @property
    def top(self) -> int:
        """The highest number it speaks of."""
        return max(self.table.top, self.hidden.top)

    def entry(self, number: int) -> Entry | None:
        """What it says of one object number; None where it is silent."""
        found = self.table.entry(number)
        if found is None or isinstance(found, Free):
            return self.hidden.entry(number) or found
        return found

    def items(self, limit: int) -> Iterator[tuple[int, Entry]]:
        """What it says of all numbers up to `limit`."""
        merged = dict(self.table.items(limit))
        for number, entry in self.hidden.items(limit):
            if isinstance(merged.get(number), Free | None):
                merged[number] = entry
        yield from merged.items()


def table_entry(match: re.Match[bytes]) -> Entry:
    """One line of a classic table: in use (n) or free (f) (7.5.4)."""
    first, second = int(match.group(1)), int(match.group(2))
    return Plain(first, second) if match.group(3) == b"n" else Free(second)


def _places(subsections: list[Subsection], width: int, limit: int) -> Iterator[tuple[int, int]]:
    """(number, offset of its entry) of each object up to `limit`."""
    for subsection in subsections:
        numbers = range(subsection.first, min(subsection.first + subsection.count, limit + 1))
        yield from ((number, subsection.base + width * at) for at, number in enumerate(numbers))
