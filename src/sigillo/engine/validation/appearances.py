"""Form fields that show one text and hold another: the "shadow replace" preparation.

The text that a person reads is the field's appearance stream; the text that programs read, and that a viewer
draws as soon as the field is clicked, is /V. A signature covers both and says nothing of their difference.
Only text that can be read with certainty is compared; what cannot be read is no finding.
"""

import unicodedata
from collections.abc import Iterator

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content_stream_parser import parse_content_stream
from pyhanko.pdf_utils.misc import PdfError

from sigillo.engine.validation.fields import Field, read_fields, read_form, text_of
from sigillo.engine.validation.fonts import decode
from sigillo.engine.validation.report import Finding, Gravity
from sigillo.engine.validation.revision import PdfObject, Revision, raw

PASSWORD = 1 << 13
COMBO = 1 << 17
HIDDEN = 1 << 1
MAX_APPEARANCE = 200_000
"""Bytes of one appearance; the longest text that anybody signs in a field takes a tenth of it."""
MAX_FORMS = 4
"""How deep an appearance may draw other forms."""


class _UnreadableError(Exception):
    """Internal: the appearance draws something that is not known to be text."""


def check_appearances(revision: Revision) -> Iterator[Finding]:
    """One finding for each text or choice field whose readable appearance differs from its value."""
    form = read_form(revision)
    resources = revision.dictionary(raw(form, "/DR"))
    for field in read_fields(revision):
        if not _is_compared(field):
            continue
        values = _values(revision, field)
        if not values[0]:
            continue
        for number in field.widgets or (field.number,):
            widget = revision.dictionary(revision.at(number))
            shown = _shown(revision, widget, resources)
            if shown is not None and not any(_agree(shown, value) for value in values):
                yield _finding(field, shown, values[0], formatted=_is_formatted(revision, field))


def _finding(field: Field, shown: str, value: str, *, formatted: bool) -> Finding:
    both = bool(_normal(shown)) and bool(_normal(value))
    return Finding(
        "appearance_differs",
        f"The form field {field.name!r} shows {shown[:60]!r} but holds {value[:60]!r}; "
        "a viewer may show either. Decide which of the two was meant before relying on it.",
        Gravity.DOUBT if both and not formatted else Gravity.NOTE,
    )


def _is_compared(field: Field) -> bool:
    """Text fields and drop-down lists, but for passwords; the other kinds show no text of their own."""
    if not field.terminal or field.type not in {"/Tx", "/Ch"} or field.flags & PASSWORD:
        return False
    return field.type == "/Tx" or bool(field.flags & COMBO)


def _is_formatted(revision: Revision, field: Field) -> bool:
    """Whether a script formats the value for display: a date, a number with separators."""
    return raw(revision.dictionary(raw(field.entries, "/AA")), "/F") is not None


def _values(revision: Revision, field: Field) -> list[str]:
    """The value, and for a drop-down list also the words it displays for that value."""
    value = text_of(revision.resolve(field.value))
    found = [value]
    for option in revision.array(raw(field.entries, "/Opt")):
        pair = [text_of(revision.resolve(part)) for part in revision.array(option)]
        if len(pair) == 2 and pair[0] == value:
            found.append(pair[1])
    return found


def _shown(revision: Revision, widget: PdfObject | None, resources: PdfObject | None) -> str | None:
    """The text that a widget's normal appearance draws, None where that cannot be told."""
    flags = revision.get(widget, "/F")
    if isinstance(flags, int) and flags & HIDDEN:
        return None
    appearance = revision.get(revision.dictionary(raw(widget, "/AP")), "/N")
    if not isinstance(appearance, generic.StreamObject):
        return None
    try:
        if len(appearance.data) > MAX_APPEARANCE:
            return None
        return "".join(_text(revision, appearance, resources, MAX_FORMS))
    except (_UnreadableError, PdfError, ValueError, IndexError, AssertionError):
        return None


def _text(revision: Revision, stream: PdfObject, inherited: PdfObject | None, depth: int) -> Iterator[str]:
    resources = revision.get(stream, "/Resources") or inherited
    font: PdfObject | None = None
    for operator in parse_content_stream([stream]):
        if operator.op == "Tf":
            fonts = revision.dictionary(raw(resources, "/Font")) or revision.dictionary(raw(inherited, "/Font"))
            font = revision.dictionary(raw(fonts, str(operator.args[0])))
        elif operator.op in {"Tj", "'", '"'}:
            yield _string(revision, font, operator.args[-1])
        elif operator.op == "TJ":
            for part in operator.args[0]:
                if not isinstance(part, int | float | generic.FloatObject):
                    yield _string(revision, font, part)
        elif operator.op == "Do":
            drawn = revision.get(revision.dictionary(raw(resources, "/XObject")), str(operator.args[0]))
            if depth == 0 or raw(drawn, "/Subtype") != "/Form":
                raise _UnreadableError
            yield from _text(revision, drawn, resources, depth - 1)


def _string(revision: Revision, font: PdfObject | None, value: PdfObject) -> str:
    text = decode(revision, font, value.original_bytes)
    if text is None:
        raise _UnreadableError
    return text


def _agree(shown: str, value: str) -> bool:
    """Whether two texts say the same, apart from case, spaces and punctuation."""
    one, two = _normal(shown), _normal(value)
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in two):
        # Written right to left, the glyphs stand in the order they are seen in.
        return sorted(one) == sorted(two)
    return one == two


def _normal(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
