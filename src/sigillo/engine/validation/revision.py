"""A document as it was when its first N bytes were all there was.

Each signed revision is read from its own bytes alone, as its signer's viewer read it: a history that is
told by the cross-references of the final file would be told by whoever wrote those.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.misc import PdfError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionData

from sigillo.engine.errors import Protected, Unreadable
from sigillo.engine.validation.dictionaries import looks_like_signature, read_entries

PdfObject = Any
"""One of pyHanko's object classes (pyHanko has no types); references inside are never followed by it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: its offset, or its object stream's offset and the index in it."""

    offset: int
    generation: int = 0
    index: int = -1


@dataclass(frozen=True, slots=True)
class Shelf:
    """The objects of one document that were read, by their place, for all its revisions."""

    objects: dict[Place, PdfObject | None] = field(default_factory=dict)
    ambiguous: set[Place] = field(default_factory=set)


class Window(io.RawIOBase):
    """The first `end` bytes of a buffer as a file, without a copy."""

    def __init__(self, view: memoryview, end: int) -> None:
        self._view, self._end, self._at = view, end, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move within the revision; the end is its own end, not the file's."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        if base + offset < 0:
            raise ValueError("a position before the start of the file")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever io hands over
        """Read up to the end of the revision."""
        part = self._view[self._at : min(self._at + len(buffer), self._end)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


class Revision:
    """The objects of the first `end` bytes of a document.

    `shelf` is shared by the revisions of one document: an object that stands at the same place is read once.
    Raises Unreadable where those bytes are no PDF, Protected where they open only with a password.
    """

    def __init__(self, view: memoryview, end: int, shelf: Shelf) -> None:
        self.end = end
        self._view = view
        self._shelf = shelf
        self.holders: dict[int, set[tuple[int, str]]] = {}
        try:
            self._reader = PdfFileReader(io.BufferedReader(Window(view, end)), strict=False)
            self._unlock()
            self.places = _places(self._reader.xrefs, end)
            self.trailer: PdfObject = self._reader.trailer.flatten()
            root = self.trailer.raw_get("/Root")
            self.root_number: int = root.idnum
        except Protected:
            raise
        except Exception as error:  # whatever a hostile file makes the parser raise means the same
            raise Unreadable(
                "not_a_pdf", "The file cannot be read as a PDF; it is damaged or no PDF at all."
            ) from error
        self.root = self.dictionary(root)
        if self.root is None:
            raise Unreadable("no_catalog", "The PDF has no readable catalog; it is damaged beyond reading.")

    def _unlock(self) -> None:
        if not self._reader.encrypted:
            return
        try:
            opened = self._reader.decrypt(b"").status is not AuthStatus.FAILED
        except PdfError:  # encrypted for certificates, or in a way nobody knows
            opened = False
        if not opened:
            raise Protected("password_needed", "The PDF opens only with a password; validate an unprotected copy.")

    @property
    def hybrid(self) -> bool:
        """Whether parts of the cross-references are hidden from older readers (ISO 32000-2, 7.5.8.4)."""
        return bool(self._reader.xrefs.hybrid_xrefs_present)

    @property
    def ever(self) -> list[int]:
        """The offset of every object that any cross-reference section lists, overwritten ones too, ascending."""
        xrefs = self._reader.xrefs
        sections = [xrefs.get_xref_data(section) for section in range(xrefs.total_revisions)]
        return sorted({offset for data in sections for _, offset in data.standard_xrefs.values()})

    def at(self, number: int) -> PdfObject | None:
        """The object of that number, or None where the revision has none that can be read."""
        place = self.places.get(number)
        if place is None:
            return None
        if place not in self._shelf.objects:
            self._shelf.objects[place] = self._read(number, place)
        return self._shelf.objects[place]

    def read_anew(self, number: int) -> PdfObject | None:
        """The object as this revision alone reads it, whatever other revisions made of the same place."""
        return self._read(number, self.places[number])

    def is_ambiguous(self, number: int) -> bool:
        """Whether the object is written so that viewers may read it differently: an entry twice, an end missing."""
        return self.at(number) is not None and self.places[number] in self._shelf.ambiguous

    def _read(self, number: int, place: Place) -> PdfObject | None:
        reference = generic.Reference(number, place.generation, self._reader)
        try:
            if place.index < 0 and not self._reader.encrypted and looks_like_signature(self._view, place.offset):
                return self._read_signature(place, reference)
            try:
                self._reader.strict = True
                found = self._reader.get_object(reference)  # type: ignore[no-untyped-call]
            except PdfStrictReadError:
                self._reader.strict = False
                self._shelf.ambiguous.add(place)
                found = self._reader.get_object(reference)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 - an object that cannot be read is no object (ISO 32000-2, 7.3.10)
            return None
        finally:
            self._reader.strict = False
        return None if isinstance(found, generic.NullObject) else found

    def _read_signature(self, place: Place, reference: generic.Reference) -> PdfObject:
        entries = read_entries(self._view[: self.end], place.offset, reference)
        values = {entry.key: entry.value for entry in reversed(entries)}
        if len(values) < len(entries):
            self._shelf.ambiguous.add(place)
        return generic.DictionaryObject(values)  # type: ignore[no-untyped-call]

    def resolve(self, value: PdfObject) -> PdfObject | None:
        """`value` itself, or what it refers to in this revision."""
        for _ in range(8):
            if not isinstance(value, generic.IndirectObject):
                return None if isinstance(value, generic.NullObject) else value
            place = self.places.get(value.idnum)
            if place is None or place.generation != value.generation:
                return None
            value = self.at(value.idnum)
        return None

    def get(self, holder: PdfObject, key: str) -> PdfObject | None:
        """The value of a key of a dictionary, references followed in this revision."""
        return self.resolve(raw(holder, key))

    def dictionary(self, value: PdfObject) -> PdfObject | None:
        """The dictionary behind `value`; None for anything else, streams included."""
        found = self.resolve(value)
        plain = isinstance(found, generic.DictionaryObject) and not isinstance(found, generic.StreamObject)
        return found if plain else None

    def array(self, value: PdfObject) -> list[PdfObject]:
        """The elements behind `value` as they are written; empty for anything but an array."""
        found = self.resolve(value)
        if not isinstance(found, generic.ArrayObject):
            return []
        return [found.raw_get(index) for index in range(len(found))]


def raw(holder: PdfObject | None, key: str) -> PdfObject | None:
    """The value of a key as it is written, or None."""
    if holder is None or key not in holder:
        return None
    return holder.raw_get(key)


def number_of(value: PdfObject) -> int | None:
    """The number of the object a reference points to, None for a direct object."""
    return int(value.idnum) if isinstance(value, generic.IndirectObject) else None


def _places(xrefs: PdfObject, end: int) -> Mapping[int, Place]:
    """Every object in use by number, later sections over earlier ones (ISO 32000-2, 7.5.4 and 7.5.8)."""
    merged: dict[int, Place] = {}
    inside: dict[int, tuple[int, int]] = {}
    for section in range(xrefs.total_revisions):
        data = xrefs.get_xref_data(section)
        # A free entry ends an object whatever its generation says: that is how viewers read it.
        for number in data.freed:
            merged.pop(number, None)
            inside.pop(number, None)
        if data.hybrid is not None:
            _merge(data.hybrid.xref_data, merged, inside)
        _merge(data, merged, inside)
    # An offset beyond the end is an object that did not exist yet, whoever may have promised it.
    merged = {number: place for number, place in merged.items() if place.offset < end}
    for number, (container, index) in inside.items():
        if container in merged:
            merged[number] = Place(merged[container].offset, 0, index)
    return merged


def _merge(data: XRefSectionData, merged: dict[int, Place], inside: dict[int, tuple[int, int]]) -> None:
    for number, (generation, offset) in data.standard_xrefs.items():
        merged[number] = Place(offset, generation)
        inside.pop(number, None)
    for number, reference in data.xrefs_in_objstm.items():
        inside[number] = (reference.obj_stream_id, reference.ix_in_stream)
        merged.pop(number, None)
