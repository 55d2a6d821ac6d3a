"""Which objects the bytes up to a point speak of, defined or not.

A reference to an object that does not exist is read as null (ISO 32000-2, 7.3.10). Whoever prepared a
document with such references can fill them in after the signature without touching a signed byte; so
an object that appears later must not be one that signed bytes had spoken of.
"""

import re
from collections.abc import Iterable, Sequence

from pyhanko.pdf_utils import generic

from sigillo.engine.validation.revision import PdfObject, Place, Revision

REFERENCE = re.compile(rb"(?<!\d)(\d{1,10})[\x00\t\n\f\r ]+(\d{1,5})[\x00\t\n\f\r ]+R(?![A-Za-z0-9])")


class Mentions:
    """Where each object is first referred to, for all revisions of one document: read once, asked often."""

    def __init__(self, view: memoryview, revisions: Sequence[Revision]) -> None:
        self._first: dict[tuple[int, int], int] = {}
        if len(revisions) < 2:
            return  # nothing appears later
        for match in REFERENCE.finditer(view):
            self._first.setdefault((int(match[1]), int(match[2])), match.start())
        seen: set[Place] = set()
        for revision in revisions:
            for number, place in revision.places.items():
                if place.index >= 0 and place not in seen:
                    seen.add(place)
                    self._add_compressed(place.offset, revision.at(number))

    def _add_compressed(self, offset: int, value: PdfObject) -> None:
        """The members of an object stream are compressed: their references stand where the stream stands."""
        for reference in references_in(value):
            key = (int(reference.idnum), int(reference.generation))
            self._first[key] = min(offset, self._first.get(key, offset))

    def before(self, number: int, generation: int, end: int) -> bool:
        """Whether the first `end` bytes refer to that object."""
        return self._first.get((number, generation), end) < end


def references_in(value: PdfObject) -> Iterable[PdfObject]:
    """Every reference written inside one object, none of them followed."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, generic.IndirectObject):
            yield item
        elif isinstance(item, generic.DictionaryObject):
            pending.extend(item.raw_get(key) for key in item)
        elif isinstance(item, generic.ArrayObject):
            pending.extend(item.raw_get(index) for index in range(len(item)))


def holders(revision: Revision, wanted: int) -> set[tuple[int, str]]:
    """Who refers to an object: the number of each holder and the key, "" for an element of an array.

    Every object of the revision is read: asked only where an object was overwritten in place.
    """
    found: set[tuple[int, str]] = set()
    for number in revision.places:
        pending: list[tuple[PdfObject, str]] = [(revision.at(number), "")]
        while pending:
            item, key = pending.pop()
            if isinstance(item, generic.IndirectObject):
                if item.idnum == wanted:
                    found.add((number, key))
            elif isinstance(item, generic.DictionaryObject):
                pending.extend((item.raw_get(name), str(name)) for name in item)
            elif isinstance(item, generic.ArrayObject):
                pending.extend((item.raw_get(index), key) for index in range(len(item)))
    return found
