"""An increment: objects and a cross-reference section to append to a file (ISO 32000-2, 7.5.6).

An object that changes is spliced: the bytes of everything but the changed entries are copied as they stand,
never parsed and written anew, so names in odd encodings, long numbers and comments survive.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from sigillo.engine.pdf.crossref import MAX_NUMBER
from sigillo.engine.pdf.document import Document, Place
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.sections import Entry, Known, Packed, Plain
from sigillo.engine.pdf.syntax import Dictionary, Ref, Span, Value, read_spans, read_value, skip_space
from sigillo.engine.pdf.writing import text_string, write_dictionary, write_hex, write_name, write_value

_NOT_TRAILER = {"Prev", "XRefStm", "Size", "Length", "Filter", "DecodeParms", "W", "Index", "Type", "ID"}
_FREE_ROW = bytes(9) + (65535).to_bytes(4, "big")
_COMPRESS_FROM = 512
"""Bytes from which a cross-reference stream is worth compressing."""


@dataclass(slots=True)
class Assembled:
    """A written increment: its bytes, where in the finished file it begins, and where in it each body is."""

    data: bytearray
    base: int
    bodies: dict[int, int] = field(default_factory=dict)


class Spot(NamedTuple):
    """A dictionary in the document: its value, and its bytes where they may be copied as they stand.

    `owner` is the object it stands in, whose number ciphers its strings.
    """

    owner: Ref
    value: Dictionary
    place: Place | None


class Increment:
    """Collects objects for one document, then writes them and the section that makes them current."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._bodies: dict[Ref, bytes] = {}
        self._next = _first_free(document)

    def reserve(self) -> Ref:
        """A new object number."""
        if self._next > MAX_NUMBER:
            raise Malformed("too_many_objects", "The file uses up all object numbers.")
        self._next += 1
        return Ref(self._next - 1, 0)

    def put(self, ref: Ref, body: bytes) -> Ref:
        """Give the object `ref` this body."""
        self._bodies[ref] = body
        return ref

    def add(self, body: bytes) -> Ref:
        """A new object without strings or streams, so that no cipher applies."""
        return self.put(self.reserve(), body)

    def add_stream(self, entries: Mapping[str, bytes], data: bytes) -> Ref:
        """A new stream; `data` is encoded already as `entries` say."""
        ref = self.reserve()
        if self.document.cipher is not None:
            data = self.document.cipher.encrypt_stream(ref, data)
        head = write_dictionary({**entries, "Length": b"%d" % len(data)})
        return self.put(ref, b"%s\nstream\n%s\nendstream" % (head, data))

    def text(self, ref: Ref, text: str) -> bytes:
        """A text string for the object `ref`, ciphered where the document is."""
        data = text_string(text)
        if self.document.cipher is not None:
            return write_hex(self.document.cipher.encrypt_string(ref, data))
        return _literal(data)

    def spot(self, ref: Ref) -> "Spot":
        """The dictionary object `ref`, as something that can be spliced. Raises Malformed."""
        value = self.document.get(ref)
        place = self.document.locate(ref)
        if place is None or not isinstance(value, dict):
            raise Malformed("not_a_dictionary", f"Object {ref.number} has to be a dictionary and is not.")
        return Spot(ref, value, place if self._verbatim(ref, place) else None)

    def renew(self, ref: Ref) -> None:
        """Write the dictionary object `ref` as it is understood, unless it is written already."""
        if ref not in self._bodies:
            self.put(ref, self.spliced(self.spot(ref), {}))

    def inner(self, spot: "Spot", key: str) -> "Spot":
        """The dictionary that stands directly in another under `key`."""
        value = spot.value.get(key)
        if not isinstance(value, dict):
            raise Malformed("not_a_dictionary", f"/{key} has to be a dictionary and is not.")
        if spot.place is not None:
            span = next((span for span in _spans(spot.place) if span.key == key), None)
            if span is not None:
                return Spot(spot.owner, value, spot.place._replace(at=span.value))
        return Spot(spot.owner, value, None)

    def spliced(self, spot: "Spot", changes: Mapping[str, bytes]) -> bytes:
        """The bytes of a dictionary with some entries set; all others keep their bytes."""
        if spot.place is not None and (spans := _spans(spot.place)):
            return _splice(spot.place, spans, changes)
        written = {key: self._write(spot, item) for key, item in spot.value.items()}
        return write_dictionary({**written, **changes})

    def entry(self, spot: "Spot", key: str) -> bytes:
        """The bytes of one value of a dictionary."""
        if spot.place is not None:
            for span in _spans(spot.place):
                if span.key == key:
                    return spot.place.source[span.value : span.end]
        return self._write(spot, spot.value.get(key))

    def append(self, ref: Ref, item: bytes) -> None:
        """Append to the array object `ref`, once. Raises Malformed."""
        body = self._bodies.get(ref) or self._array(ref)
        if not body.endswith(b" %s]" % item):
            # Some producers use one array for both /Fields and /Annots.
            self.put(ref, appended(body, item))

    def _array(self, ref: Ref) -> bytes:
        place = self.document.locate(ref)
        if place is not None and self._verbatim(ref, place):
            start = skip_space(place.source, place.at)
            return place.source[start : read_value(place.source, start)[1]]
        return write_value(self.document.get(ref), self.document.cipher, ref)

    def _write(self, spot: "Spot", value: Value) -> bytes:
        return write_value(value, self.document.cipher, spot.owner)

    def _verbatim(self, ref: Ref, place: Place) -> bool:
        """Whether bytes may be copied: not from a damaged file, and ciphered only under their own number."""
        if self.document.rebuilt:
            return False
        return self.document.cipher is None or (not place.packed and place.generation == ref.generation)

    def assemble(self) -> Assembled:
        """Write everything. The original's last line is ended first where it is not."""
        source = self.document.source
        lead = b"" if source[-1:] in (b"\n", b"\r") else b"\n"
        out = Assembled(bytearray(lead), len(source))
        entries: dict[int, Entry] = {}
        for ref, body in sorted(self._bodies.items()):
            entries[ref.number] = Plain(out.base + len(out.data), ref.generation)
            out.data += b"%d %d obj\n" % ref
            out.bodies[ref.number] = len(out.data)
            out.data += body
            out.data += b"\nendobj\n"
        self._write_section(out, entries)
        return out

    def _write_section(self, out: Assembled, entries: dict[int, Entry]) -> None:
        crossref = self.document.crossref
        if self.document.rebuilt:
            entries = {**_all_known(self.document), **entries}
        trailer = {key: write_value(value) for key, value in crossref.trailer.items() if key not in _NOT_TRAILER}
        trailer["ID"] = _identifiers(self.document, out.data)
        if crossref.start is not None:
            trailer["Prev"] = b"%d" % crossref.start
        at = out.base + len(out.data)
        if crossref.streams:
            ref = self.reserve()
            entries[ref.number] = Plain(at, 0)
            out.data += b"%d 0 obj\n" % ref.number
            out.data += _section_stream(entries, {**trailer, "Size": b"%d" % self._next})
        else:
            out.data += _section_table(entries, {**trailer, "Size": b"%d" % self._next})
        out.data += b"\nstartxref\n%d\n%%%%EOF\n" % at


def appended(array: bytes, item: bytes) -> bytes:
    """The bytes of an array with one more element. Raises Malformed."""
    if not array.startswith(b"[") or not array.endswith(b"]"):
        raise Malformed("not_an_array", "An object that has to be an array is something else.")
    return b"%s %s]" % (array[:-1], item)


def _spans(place: Place) -> list[Span]:
    """The entries of the dictionary there, or nothing where it is readable with tolerance only."""
    try:
        return read_spans(place.source, place.at)[0]
    except Malformed:
        return []


def _splice(place: Place, spans: list[Span], changes: Mapping[str, bytes]) -> bytes:
    source = place.source
    kept = [source[span.start : span.end] for span in spans if span.key not in changes]
    new = [b"%s %s" % (write_name(key), value) for key, value in changes.items()]
    return b"<<%s>>" % b"\n".join((*kept, *new))


def _literal(data: bytes) -> bytes:
    if data.isascii() and not any(mark in data for mark in b"()\\\r\n"):
        return b"(%s)" % data
    return write_hex(data)


def _first_free(document: Document) -> int:
    """One more than the largest number of any section, and not below a /Size that can be believed."""
    top = document.crossref.top + 1
    size = document.trailer.get("Size")
    return size if isinstance(size, int) and top < size <= top + 65_536 else top


def _all_known(document: Document) -> dict[int, Entry]:
    return {
        number: entry
        for section in document.crossref.sections
        if isinstance(section, Known)
        for number, entry in section.entries.items()
    }


def _identifiers(document: Document, written: bytearray) -> bytes:
    """/ID: the first part stays, the second is made of what is written (14.4)."""
    identifiers = document.array(document.trailer.get("ID")) or []
    first: Value = document.get(identifiers[0]) if identifiers else None
    new = sha256(written).digest()[:16]
    return b"[%s%s]" % (write_hex(first if isinstance(first, bytes) else new), write_hex(new))


def _chunks(entries: Mapping[int, Entry]) -> Iterator[list[int]]:
    """The numbers in ascending order, cut where one is missing."""
    chunk: list[int] = []
    for number in sorted(entries):
        if chunk and number != chunk[-1] + 1:
            yield chunk
            chunk = []
        chunk.append(number)
    if chunk:
        yield chunk


def _section_table(entries: Mapping[int, Entry], trailer: Mapping[str, bytes]) -> bytes:
    lines = [b"xref\n0 1\n0000000000 65535 f\r\n"]
    for chunk in _chunks(entries):
        lines.append(b"%d %d\n" % (chunk[0], len(chunk)))
        for number in chunk:
            entry = entries[number]
            if isinstance(entry, Plain):
                lines.append(b"%010d %05d n\r\n" % entry)
            else:
                lines.append(b"0000000000 65535 f\r\n")
    return b"%strailer\n%s" % (b"".join(lines), write_dictionary(trailer))


def _section_stream(entries: Mapping[int, Entry], trailer: Mapping[str, bytes]) -> bytes:
    index = [b"0 1"] + [b"%d %d" % (chunk[0], len(chunk)) for chunk in _chunks(entries)]
    rows = _FREE_ROW + b"".join(_rows(entries[number] for number in sorted(entries)))
    described = {"Type": b"/XRef", "W": b"[1 8 4]", "Index": b"[%s]" % b" ".join(index), **trailer}
    if len(rows) > _COMPRESS_FROM:
        rows = zlib.compress(rows)
        described["Filter"] = b"/FlateDecode"
    described["Length"] = b"%d" % len(rows)
    return b"%s\nstream\n%s\nendstream\nendobj" % (write_dictionary(described), rows)


def _rows(entries: Iterable[Entry]) -> Iterator[bytes]:
    for entry in entries:
        if isinstance(entry, Plain):
            yield b"\1" + entry.offset.to_bytes(8, "big") + entry.generation.to_bytes(4, "big")
        elif isinstance(entry, Packed):
            yield b"\2" + entry.stream.to_bytes(8, "big") + entry.position.to_bytes(4, "big")
        else:
            yield _FREE_ROW
