"""Which objects the bytes up to a point speak of, defined or not.

A reference to an object that does not exist is read as null (ISO 32000-2, 7.3.10). Whoever prepared a
document with such references can fill them in after the signature without touching a signed byte; so
an object that appears later must not be one that signed bytes had spoken of.
"""

import re
from collections.abc import Iterable, Sequence

from pyhanko.pdf_utils import generic

from sigillo.engine.errors import Unreadable
from sigillo.engine.validation.revision import PdfObject, Place, Revision

WHITE = rb"[\x00\t\n\f\r ]"
SPACE = rb"(?:" + WHITE + rb"|%[^\r\n]*[\r\n])+"
REFERENCE = re.compile(rb"(?<!\d)0*(\d{1,10})" + SPACE + rb"0*(\d{1,5})" + SPACE + rb"R\Z")
# Two known bytes are found ten times faster than a number is, and every reference ends in them.
ENDINGS = tuple(re.compile(re.escape(bytes((white,))) + rb"R(?![A-Za-z0-9])") for white in b"\x00\t\n\f\r ")
AFTER_A_LINE = re.compile(rb"[\r\n]" + WHITE + rb"*(?:\d+" + WHITE + rb"+)?R\Z")
LAST_WORDS = re.compile(WHITE + rb"*(?:(?<=[\x00\t\n\f\r ])\d+" + WHITE + rb"+)?R\Z")
COMMENT = re.compile(rb"[\d\x00\t\n\f\r ]%")
USUAL, LONGEST = 96, 65_536
"""How many bytes a reference takes: as writers write it, and with the longest comments inside that are read."""
MAX_LONG = 1000
"""How often one file may ask for the longest look, which no writer's file does."""


class Mentions:
    """Where each object is first referred to, for all revisions of one document: read once, asked often."""

    def __init__(self, view: memoryview, revisions: Sequence[Revision]) -> None:
        self._first: dict[tuple[int, int], int] = {}
        self._odd: set[tuple[int, int]] = set()
        self._looked_far = 0
        if len(revisions) < 2:
            return  # nothing appears later
        for ending in ENDINGS:
            for match in ending.finditer(view):
                self._add_written(view, match.end())
        seen: set[Place] = set()
        for revision in revisions:
            for number, place in revision.places.items():
                if place.index >= 0 and place not in seen:
                    seen.add(place)
                    self._add_compressed(place.offset, revision.at(number))

    def _add_written(self, view: memoryview, end: int) -> None:
        text = bytes(view[max(0, end - USUAL) : end])
        found = REFERENCE.search(text)
        if found is None and AFTER_A_LINE.search(text) and _may_follow_a_comment(text):
            found = self._look_far(bytes(view[max(0, end - LONGEST) : end]))
        if found is not None:
            key = (int(found[1]), int(found[2]))
            self._first[key] = min(end, self._first.get(key, end))
            if b"%" in found[0]:
                self._odd.add(key)

    def _look_far(self, text: bytes) -> re.Match[bytes] | None:
        """A reference with a long comment inside."""
        if not _may_follow_a_comment(text):
            return None
        self._looked_far += 1
        if self._looked_far > MAX_LONG:
            raise Unreadable("too_many_comments", "The PDF has too many comments between its numbers to be read.")
        return REFERENCE.search(text)

    def _add_compressed(self, offset: int, value: PdfObject) -> None:
        """The members of an object stream are compressed: their references stand where the stream stands."""
        for reference, _ in _keyed_references(value):
            key = (int(reference.idnum), int(reference.generation))
            self._first[key] = min(offset, self._first.get(key, offset))

    def before(self, number: int, generation: int, old: Revision) -> bool:
        """Whether a revision refers to that object.

        Bytes that look like a reference may be anything, so the objects are asked; but not about references with
        comments inside, which only some readers take for references.
        """
        key = (number, generation)
        return self._first.get(key, old.end) < old.end and (key in self._odd or bool(holders(old, number)))


def _may_follow_a_comment(text: bytes) -> bool:
    """Whether the last line before the reference's end, as far as it is seen, could hold a comment.

    Compressed bytes have line ends before an R all over, but hardly one behind what could be a comment.
    """
    words = LAST_WORDS.search(text, max(0, len(text) - USUAL))
    before = text[: words.start()].rstrip(b"\x00\t\n\f\r ") if words else text
    start = max(before.rfind(b"\n"), before.rfind(b"\r")) + 1
    return not start or COMMENT.search(before, start - 1) is not None


def holders(revision: Revision, wanted: int) -> set[tuple[int, str]]:
    """Who refers to an object: the number of each holder and the key, "" for an element of an array.

    Every object of the revision is read, once: asked only where an object was overwritten in place.
    """
    if not revision.holders:
        for number in revision.places:
            for reference, key in _keyed_references(revision.at(number)):
                revision.holders.setdefault(int(reference.idnum), set()).add((number, key))
    return revision.holders.get(wanted, set())


def _keyed_references(value: PdfObject) -> Iterable[tuple[PdfObject, str]]:
    pending: list[tuple[PdfObject, str]] = [(value, "")]
    while pending:
        item, key = pending.pop()
        if isinstance(item, generic.IndirectObject):
            yield item, key
        elif isinstance(item, generic.DictionaryObject):
            pending.extend((item.raw_get(name), str(name)) for name in item)
        elif isinstance(item, generic.ArrayObject):
            pending.extend((item.raw_get(index), key) for index in range(len(item)))
