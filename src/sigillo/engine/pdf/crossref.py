"""The cross-reference of a PDF: where each object starts (ISO 32000-2, 7.5.4, 7.5.5 and 7.5.8).

Sections are kept newest first; what one of them says of an object hides what older ones say.
"""

import re
from dataclasses import dataclass, field

from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.sections import (
    ENTRY,
    ENTRY_SIZE,
    Entry,
    Hybrid,
    Section,
    Stream,
    Subsection,
    Table,
    table_entry,
)
from sigillo.engine.pdf.streams import decode
from sigillo.engine.pdf.syntax import Dictionary, Name, Source, read_value, skip_space

MAX_NUMBER = 8_388_607
"""The largest object number (ISO 32000-2, annex C, and what the viewers accept)."""
MAX_SECTIONS = 4096

_STARTXREF = re.compile(rb"startxref[\x00\t\n\x0c\r ]*(\d{1,20})")
_SUBSECTION = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,10})[\x00\t\n\x0c\r ]*")
_LOOSE_ENTRY = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,20})[\x00\t\n\x0c\r ]+(\d{1,10})[\x00\t\n\x0c\r ]+([nf])")
_TRAILER = re.compile(rb"[\x00\t\n\x0c\r ]*trailer")
OBJECT = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,10})[\x00\t\n\x0c\r ]+obj")
STREAM = re.compile(rb"[\x00\t\n\x0c\r ]*stream(\r\n|\n|\r)?")


@dataclass(slots=True)
class CrossReference:
    """All sections, newest first, and the newest trailer.

    `start` is the value of the last startxref, or None where the cross-reference was rebuilt.
    `streams` tells whether the newest section is a stream: the next has to be like it.
    """

    sections: list[Section]
    trailer: Dictionary
    start: int | None
    streams: bool
    indexed: dict[int, Entry] = field(default_factory=dict)

    def index(self, limit: int) -> dict[int, Entry]:
        """All entries of numbers up to `limit` at once, remembered: for those who want to see every object."""
        if not self.indexed:
            for section in reversed(self.sections):
                self.indexed.update(section.items(limit))
        return self.indexed

    def entry(self, number: int) -> Entry | None:
        """Where the object is now: the newest section that speaks of it decides."""
        known = self.indexed.get(number)
        if known is not None:
            return known
        for section in self.sections:
            found = section.entry(number)
            if found is not None:
                return found
        return None

    @property
    def top(self) -> int:
        """The largest number in use or free; /Size is not asked, a fifth of real files state it wrong."""
        return max((section.top for section in self.sections), default=0)


def last_startxref(source: Source) -> int:
    """The offset after the last `startxref` of the file's last 2 kB (7.5.5). Raises Malformed."""
    found = list(_STARTXREF.finditer(source, max(0, len(source) - 2048)))
    if not found:
        raise Malformed("no_startxref", "The file does not end with a startxref.")
    return int(found[-1].group(1))


def read_cross_reference(source: Source, start: int) -> CrossReference:
    """Follow /Prev from the section at `start` to the oldest. Raises Malformed where one cannot be read."""
    sections: list[Section] = []
    trailers: list[Dictionary] = []
    streams = False
    following: int | None = start
    seen: set[int] = set()
    while following is not None:
        if following in seen or len(seen) >= MAX_SECTIONS:
            raise Malformed("looping_xref", "The cross-reference sections of the file form a loop.")
        seen.add(following)
        section, trailer = read_section(source, following)
        streams = streams or (not sections and isinstance(section, Stream))
        sections.append(section)
        trailers.append(trailer)
        hybrid = trailer.get("XRefStm")
        if isinstance(hybrid, int) and isinstance(section, Table):
            _add_hybrid(sections, source, hybrid)
        previous = trailer.get("Prev")
        following = int(previous) if isinstance(previous, int | float) else None
    return CrossReference(sections, _merged(trailers), start, streams)


def _add_hybrid(sections: list[Section], source: Source, at: int) -> None:
    """Objects of a hybrid file that only readers of streams see (7.5.8.4); the rest stands without them."""
    try:
        hidden, _ = read_section(source, at)
    except Malformed:
        return
    table = sections.pop()
    sections.append(Hybrid(table, hidden))


def _merged(trailers: list[Dictionary]) -> Dictionary:
    """The newest trailer; what it lost of the mandatory entries (7.5.5) comes from the ones before."""
    merged = dict(trailers[0])
    for trailer in trailers[1:]:
        for key in ("Root", "Info", "ID", "Encrypt"):
            if key in trailer and (key == "Root" or "Root" not in trailers[0]):
                merged.setdefault(key, trailer[key])
    return merged


def read_section(source: Source, at: int) -> tuple[Section, Dictionary]:
    """One section at offset `at`, with its trailer dictionary."""
    if not 0 <= at < len(source):
        raise Malformed("damaged_xref", "A cross-reference section lies outside of the file.")
    at = skip_space(source, at)
    if source[at : at + 4] == b"xref":
        return _read_table(source, at + 4)
    header = OBJECT.match(source, at)
    if header is None:
        raise Malformed("damaged_xref", "There is no cross-reference section where the file says so.")
    return read_stream_section(source, header.end())


def _read_table(source: Source, at: int) -> tuple[Section, Dictionary]:
    table = Table(source)
    while True:
        header = _SUBSECTION.match(source, at)
        if header is None:
            break
        first, count = int(header.group(1)), int(header.group(2))
        if first + count > MAX_NUMBER + 1:
            raise Malformed("damaged_xref", "The cross-reference table speaks of impossible object numbers.")
        at = _read_subsection(table, Subsection(first, count, header.end()))
    mark = _TRAILER.match(source, at)
    if mark is None:
        raise Malformed("damaged_xref", "The cross-reference table is not followed by a trailer.")
    trailer, _ = read_value(source, mark.end())
    if not isinstance(trailer, dict):
        raise Malformed("damaged_xref", "The trailer is not a dictionary.")
    return table, trailer


def _read_subsection(table: Table, subsection: Subsection) -> int:
    """Add one subsection; the offset after it."""
    source, first, count, base = table.source, subsection.first, subsection.count, subsection.base
    if count == 0:
        return base
    opening = ENTRY.match(source, base)
    if opening and first == 1 and opening.group()[:18] == b"0000000000 65535 f":
        # A producer's slip: the free head of the list is number 0. Some viewers mend it, others are lost.
        raise Malformed("damaged_xref", "The cross-reference table counts from the wrong number.")
    end = base + ENTRY_SIZE * count
    if opening and ENTRY.match(source, end - ENTRY_SIZE):
        after = _SUBSECTION.match(source, end) or _TRAILER.match(source, end)
        if after:
            table.regular.append(subsection)
            table.top = max(table.top, first + count - 1)
            return end
    return _read_loose(table, first, count, base)


def _read_loose(table: Table, first: int, count: int, at: int) -> int:
    for number in range(first, first + count):
        match = _LOOSE_ENTRY.match(table.source, at)
        if match is None:
            break
        table.entries.setdefault(number, table_entry(match))
        table.top = max(table.top, number)
        at = match.end()
    return at


def read_stream_section(source: Source, at: int) -> tuple[Section, Dictionary]:
    """A cross-reference stream whose dictionary starts at `at` (7.5.8)."""
    dictionary, end = read_value(source, at)
    begins = STREAM.match(source, end)
    if not isinstance(dictionary, dict) or dictionary.get("Type") != Name("XRef") or begins is None:
        raise Malformed("damaged_xref", "There is no cross-reference section where the file says so.")
    data = source[begins.end() : begins.end() + _length(source, begins.end(), dictionary)]
    data = decode(data, dictionary.get("Filter"), dictionary.get("DecodeParms"))
    widths = dictionary.get("W")
    if not isinstance(widths, list) or len(widths) < 3:
        raise Malformed("damaged_xref", "A cross-reference stream does not say how wide its fields are.")
    sizes = [width if isinstance(width, int) and 0 <= width <= 8 else -1 for width in widths[:3]]
    if min(sizes) < 0 or not sum(sizes):
        raise Malformed("damaged_xref", "A cross-reference stream has fields of an impossible width.")
    subsections = _stream_subsections(dictionary, sum(sizes), len(data))
    top = max((part.first + part.count - 1 for part in subsections if part.count), default=0)
    return Stream((sizes[0], sizes[1], sizes[2]), subsections, data, top), dictionary


def _length(source: Source, at: int, dictionary: Dictionary) -> int:
    """The stream's length: as stated, or up to the next `endstream` where that is a reference or wrong."""
    stated = dictionary.get("Length")
    if isinstance(stated, int) and source[at + stated : at + stated + 12].lstrip().startswith(b"endstream"):
        return stated
    end = source.find(b"endstream", at)
    if end < 0:
        raise Malformed("damaged_xref", "A cross-reference stream does not end.")
    return end - at


def _stream_subsections(dictionary: Dictionary, width: int, size: int) -> list[Subsection]:
    index = dictionary.get("Index", [0, dictionary.get("Size")])
    pairs = index if isinstance(index, list) else []
    subsections: list[Subsection] = []
    base = 0
    for first, count in zip(pairs[::2], pairs[1::2], strict=False):
        if not isinstance(first, int) or not isinstance(count, int) or first < 0 or count < 0:
            raise Malformed("damaged_xref", "A cross-reference stream has an impossible index.")
        subsection = Subsection(first, min(count, (size - base) // width), base)
        if first + subsection.count > MAX_NUMBER + 1:
            raise Malformed("damaged_xref", "The cross-reference stream speaks of impossible object numbers.")
        subsections.append(subsection)
        base += subsection.count * width
    return subsections
