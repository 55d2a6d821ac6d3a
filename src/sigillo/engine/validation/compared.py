"""Two revisions of one document side by side, and what may be said of their difference."""

from dataclasses import dataclass
from enum import StrEnum

from pyhanko.pdf_utils import generic

from sigillo.engine.validation.revision import PdfObject, Revision, number_of, raw

MAX_NESTING = 64


class Kind(StrEnum):
    """What a change is, in the terms in which signatures permit or forbid it."""

    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    EVIDENCE = "evidence"
    FILL = "fill"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `name` is the form field it concerns ("" for none), `message` the middle of a sentence."""

    kind: Kind
    name: str
    message: str


def other(message: str) -> Change:
    """A change that no signature permits."""
    return Change(Kind.OTHER, "", message)


class Pair:
    """An older and a newer revision, the objects that differ, and those of them that are explained."""

    def __init__(self, old: Revision, new: Revision) -> None:
        self.old, self.new = old, new
        before, after = old.places, new.places
        moved = {number for number in before.keys() & after.keys() if before[number] != after[number]}
        self.overridden = {
            number
            for number in moved
            # References name the generation too: another one leaves them pointing to nothing.
            if before[number].generation != after[number].generation or not identical(old.at(number), new.at(number))
        }
        self.added = after.keys() - before.keys()
        self.removed = {number for number in before.keys() - after.keys() if old.at(number) is not None}
        self.explained: set[int] = set()

    def explain(self, reference: PdfObject) -> None:
        """What stands behind this reference has been compared entry by entry."""
        number = number_of(reference)
        if number is not None:
            self.explained.add(number)

    def only_adds(self, was: PdfObject, now: PdfObject, depth: int = 0) -> bool:
        """Whether a dictionary only gained entries; `depth` levels of dictionaries inside may as well."""
        before, after = self.old.dictionary(was), self.new.dictionary(now)
        if before is None or after is None:
            return was is None
        for key in before:
            value, follower = raw(before, key), raw(after, key)
            same = identical(value, follower) and number_of(value) not in self.overridden
            if not same and not (depth and value is not None and self.only_adds(value, follower, depth - 1)):
                return False
        self.explain(was)
        return True


def differing(was: PdfObject | None, now: PdfObject | None) -> set[str]:
    """The keys whose written values are not the same in two dictionaries; an absent one is empty."""
    keys = {*(was or ()), *(now or ())}
    return {str(key) for key in keys if not identical(raw(was, key), raw(now, key))}


def identical(one: PdfObject, two: PdfObject, nesting: int = 0) -> bool:
    """Whether two objects are written alike; references are the same where they name the same object."""
    if type(one) is not type(two) or nesting > MAX_NESTING:
        return False
    if isinstance(one, generic.IndirectObject):
        return bool((one.idnum, one.generation) == (two.idnum, two.generation))
    if isinstance(one, generic.StreamObject) and one.encoded_data != two.encoded_data:
        return False
    if isinstance(one, generic.DictionaryObject | generic.ArrayObject):
        return _keys(one) == _keys(two) and all(
            identical(one.raw_get(key), two.raw_get(key), nesting + 1) for key in _keys(one)
        )
    return bool(one == two)


def _keys(holder: PdfObject) -> set[PdfObject]:
    return set(holder) if isinstance(holder, generic.DictionaryObject) else set(range(len(holder)))
