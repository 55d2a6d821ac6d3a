"""Rebuilding the cross-reference of a damaged file by reading it from its beginning, as the viewers do.

The last definition of an object wins, what stands inside of streams does not count, and the newest trailer
that names a catalog is the trailer. Work is linear in the size of the file.
"""

import re

from sigillo.engine.pdf.crossref import MAX_NUMBER, STREAM, CrossReference
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.sections import Entry, Known, Packed, Plain
from sigillo.engine.pdf.syntax import Dictionary, Name, Ref, Source, read_value

_LANDMARK = re.compile(rb"(?<![0-9])(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj(?![a-zA-Z])|(\btrailer)")
PATIENCE = 32
"""How many times the whole file may be read in vain before it is given up."""
_TRAILER_KEYS = ("Root", "Info", "ID", "Encrypt")


def rebuild(source: Source) -> Document:
    """A document whose cross-reference was made by scanning. Raises Malformed where no catalog is found."""
    scan = _Scan(source)
    scan.run()
    crossref = CrossReference([Known(scan.entries)], scan.trailer, None, streams=False)
    document = Document(source, crossref, rebuilt=True)
    if "Root" not in scan.trailer and scan.catalogs:
        scan.trailer["Root"] = scan.catalogs[-1]
    return document


def add_packed(document: Document) -> None:
    """Add what is inside of object streams; called once the document can be decrypted.

    An object stands in a stream unless it was found in the file after that stream.
    """
    known = document.crossref.sections[0]
    if not isinstance(known, Known):
        return
    holders = [(entry.offset, number) for number, entry in known.entries.items() if isinstance(entry, Plain)]
    found: dict[int, tuple[int, Packed]] = {}
    for offset, number in sorted(holders):
        ref = Ref(number, 0)
        if not _is_object_stream(document, ref):
            continue
        document.crossref.streams = True
        for held, index in _held(document, number):
            found[held] = (offset, Packed(number, index))
    for held, (offset, packed) in found.items():
        plain = known.entries.get(held)
        if 0 < held <= MAX_NUMBER and not (isinstance(plain, Plain) and plain.offset > offset):
            known.entries[held] = packed
    if "Root" not in document.trailer:
        _find_catalog(document, found)


def _is_object_stream(document: Document, ref: Ref) -> bool:
    place = document.locate(ref)
    if place is None or b"/ObjStm" not in place.source[place.at : place.at + 512]:
        return False
    try:
        value = document.dictionary(ref)
    except Malformed:
        return False
    return value is not None and value.get("Type") == Name("ObjStm")


def _held(document: Document, number: int) -> list[tuple[int, int]]:
    try:
        return [(held, index) for index, held in enumerate(document.unpacked(number).numbers)]
    except Malformed:
        return []


def _find_catalog(document: Document, found: dict[int, tuple[int, Packed]]) -> None:
    for number in found:
        try:
            value = document.dictionary(Ref(number, 0))
        except Malformed:
            continue
        if value is not None and value.get("Type") == Name("Catalog"):
            document.trailer["Root"] = Ref(number, 0)


class _Scan:
    """One walk over the landmarks of a file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.patience = PATIENCE * len(source) + 1_000_000
        self.ends_in_streams = True
        self.entries: dict[int, Entry] = {}
        self.trailer: Dictionary = {}
        self.catalogs: list[Ref] = []

    def run(self) -> None:
        at = 0
        while match := _LANDMARK.search(self.source, at):
            at = match.end()
            if match.group(3):
                self._adopt(self._dictionary(at)[0])
                continue
            number, generation = int(match.group(1)), int(match.group(2))
            if 0 < number <= MAX_NUMBER:
                self.entries[number] = Plain(match.start(), generation)
                at = self._object(Ref(number, generation), at)

    def _object(self, ref: Ref, at: int) -> int:
        """Look at one object; the offset where the next may start."""
        value, end = self._dictionary(at)
        if not value:
            return at
        if value.get("Type") == Name("Catalog"):
            self.catalogs.append(ref)
        if value.get("Type") == Name("XRef"):
            self._adopt(value)
        begins = STREAM.match(self.source, end)
        return self._after_stream(begins.end(), value) if begins else end

    def _dictionary(self, at: int) -> tuple[Dictionary, int]:
        if self.source[at : at + 64].lstrip(b"\x00\t\n\x0c\r ")[:2] != b"<<":
            return {}, at
        try:
            value, end = read_value(self.source, at)
        except Malformed as error:
            if error.code == "truncated_object":
                self._spend(len(self.source) - at)
            return {}, at
        return (value, end) if isinstance(value, dict) else ({}, at)

    def _after_stream(self, at: int, dictionary: Dictionary) -> int:
        length = dictionary.get("Length")
        stated = length if isinstance(length, int) and length >= 0 else 0
        if b"endstream" in self.source[at + stated : at + stated + 20]:
            return at + stated
        end = self.source.find(b"endstream", at) if self.ends_in_streams else -1
        self.ends_in_streams = end >= 0
        return end if end >= 0 else at

    def _spend(self, bytes_read: int) -> None:
        """Every failed object was read to the end of the file: a file made of them would take for ever."""
        self.patience -= bytes_read
        if self.patience < 0:
            raise Malformed("beyond_repair", "The file is damaged beyond repair.")

    def _adopt(self, trailer: Dictionary) -> None:
        """A later trailer replaces an earlier one only if it names a catalog, as poppler has it."""
        if isinstance(trailer.get("Root"), Ref):
            self.trailer = {key: trailer[key] for key in _TRAILER_KEYS if key in trailer}
