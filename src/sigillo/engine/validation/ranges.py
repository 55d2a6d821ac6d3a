"""Where a signature stands in its file, and which bytes it covers (ISO 32000-2, 12.8.1 and table 255).

The rule is stricter than the text: one gap, exactly the hexadecimal string that /Contents is, inside the
very object that the field points to. Every looser reading has been used to slip bytes past a verifier.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from sigillo.engine.validation.dictionaries import read_entries
from sigillo.engine.validation.fields import Field
from sigillo.engine.validation.report import Finding
from sigillo.engine.validation.revision import PdfObject, Revision, number_of, raw

HEXADECIMAL = re.compile(rb"<[0-9A-Fa-f]*>")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes one signature covers: all before `gap_start` and from `gap_end` up to `end`."""

    gap_start: int
    gap_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A signed field, its signature dictionary, and where it stands; None for nowhere."""

    field: Field
    entries: PdfObject | None
    offset: int
    span: Span | None
    contents: bytes
    findings: tuple[Finding, ...]


class _MisplacedError(Exception):
    """Internal: a rule of placement that does not hold, as the finding that says so."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, message)


def locate(view: memoryview, revision: Revision, field: Field) -> Standing:
    """Find the signature of a field in the file. What is wrong with its place is a finding, not an error."""
    number = number_of(field.value)
    entries = revision.dictionary(field.value)
    place = revision.places.get(number) if number is not None else None
    if entries is None or number is None or place is None or place.index >= 0:
        finding = Finding(
            "signature_not_readable",
            f"The field {field.name!r} points to no signature dictionary of its own.",
        )
        return Standing(field, None, 0, None, b"", (finding,))
    try:
        if revision.is_ambiguous(number):
            raise _MisplacedError(
                "signature_ambiguous",
                "The signature dictionary has an entry twice; readers disagree on which of the two counts.",
            )
        span = _span(view, entries)
        contents = _contents(view, span)
        _check_object(view, place.offset, span)
    except _MisplacedError as error:
        return Standing(field, entries, place.offset, None, b"", (error.finding,))
    return Standing(field, entries, place.offset, span, contents, ())


def _span(view: memoryview, entries: PdfObject) -> Span:
    values = raw(entries, "/ByteRange")
    numbers = [values.raw_get(i) for i in range(len(values))] if isinstance(values, generic.ArrayObject) else []
    if len(numbers) != 4 or not all(isinstance(number, generic.NumberObject) for number in numbers):
        raise _MisplacedError("byte_range_form", "The /ByteRange is not four integers; the signature covers nothing.")
    start, head, tail_start, tail = (int(number) for number in numbers)
    if start != 0:
        raise _MisplacedError("byte_range_start", "The /ByteRange does not start with the first byte of the file.")
    if head <= 0 or tail < 0 or tail_start <= head or tail_start + tail > len(view):
        raise _MisplacedError(
            "byte_range_bounds",
            "The two parts of the /ByteRange overlap or reach beyond the end of the file.",
        )
    return Span(head, tail_start, tail_start + tail)


def _contents(view: memoryview, span: Span) -> bytes:
    gap = bytes(view[span.gap_start : span.gap_end])
    if HEXADECIMAL.fullmatch(gap) is None or len(gap) % 2:
        raise _MisplacedError(
            "gap_not_contents",
            "The gap in the /ByteRange holds more than the hexadecimal /Contents; bytes hide in it.",
        )
    return bytes.fromhex(gap[1:-1].decode("ascii"))


def _check_object(view: memoryview, offset: int, span: Span) -> None:
    try:
        owner = generic.TrailerReference(_Lenient())  # type: ignore[no-untyped-call]
        entries = read_entries(view[: span.end], offset, owner)
    except PdfError as error:
        raise _MisplacedError(
            "gap_elsewhere", "The signature does not stand where the cross-references say it does."
        ) from error
    places = [entry.offset for entry in entries if entry.key == "/Contents"]
    if places != [span.gap_start]:
        raise _MisplacedError("gap_elsewhere", "The gap in the /ByteRange lies outside its own signature object.")


class _Lenient:
    """The little that pyHanko's object reader asks of a document."""

    strict = False


def digests(view: memoryview, wanted: Sequence[tuple[Span, str]]) -> dict[tuple[Span, str], bytes]:
    """The digest over each span by each algorithm, every byte before the last gap hashed once.

    All spans start at the first byte, so the state of one running hash is copied at each gap.
    """
    found: dict[tuple[Span, str], bytes] = {}
    for algorithm in {algorithm for _, algorithm in wanted}:
        running, at = hashlib.new(algorithm), 0
        for span in sorted({span for span, name in wanted if name == algorithm}, key=lambda span: span.gap_start):
            running.update(view[at : span.gap_start])
            at = span.gap_start
            own = running.copy()
            own.update(view[span.gap_end : span.end])
            found[span, algorithm] = own.digest()
    return found
