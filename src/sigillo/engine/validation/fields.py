"""The interactive form as a flat list of its fields (ISO 32000-2, 12.7.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyhanko.pdf_utils import generic

from sigillo.engine.errors import Unreadable
from sigillo.engine.validation.revision import PdfObject, Revision, number_of, raw

MAX_FIELDS = 50_000


@dataclass(frozen=True, slots=True)
class Field:
    """One node of the form: a field with a name of its own, and the widgets that draw it.

    `name` is fully qualified; `type` and `flags` are inherited where the node leaves them out.
    `widgets` are the nameless children, by number; a field without any draws itself.
    """

    name: str
    number: int
    entries: PdfObject
    type: str
    flags: int
    widgets: tuple[int, ...]
    terminal: bool

    @property
    def value(self) -> PdfObject | None:
        """/V as it is written."""
        return raw(self.entries, "/V")


def read_form(revision: Revision) -> PdfObject | None:
    """The /AcroForm dictionary, or None."""
    return revision.dictionary(raw(revision.root, "/AcroForm"))


def read_fields(revision: Revision) -> list[Field]:
    """Every named field, parents before their children, as far as the tree can be read.

    A node that is met twice is listed once: a form is a tree, and a loop in it is damage.
    """
    form = read_form(revision)
    if form is None:
        return []
    seen: set[int] = set()
    found: list[Field] = []
    for reference in revision.array(raw(form, "/Fields")):
        found.extend(_walk(revision, reference, "", ("", 0), seen))
    return found


def _walk(
    revision: Revision, reference: PdfObject, parent: str, inherited: tuple[str, int], seen: set[int]
) -> Iterator[Field]:
    number = number_of(reference)
    entries = revision.dictionary(reference)
    if number is None or entries is None or number in seen:
        return
    if len(seen) > MAX_FIELDS:
        raise Unreadable("too_many_fields", f"The form has more than {MAX_FIELDS} fields, or a loop in it.")
    seen.add(number)
    partial = text_of(revision.get(entries, "/T"))
    name = f"{parent}.{partial}" if parent else partial
    kind = str(revision.get(entries, "/FT") or inherited[0])
    flags = revision.get(entries, "/Ff")
    flags = int(flags) if isinstance(flags, generic.NumberObject) else inherited[1]
    kids = revision.array(raw(entries, "/Kids"))
    children = [kid for kid in kids if raw(revision.dictionary(kid), "/T") is not None]
    widgets = tuple(number_of(kid) or 0 for kid in kids if kid not in children)
    yield Field(name, number, entries, kind, flags, widgets, not children)
    for kid in children:
        yield from _walk(revision, kid, name, (kind, flags), seen)


def text_of(value: PdfObject | None) -> str:
    """A text string object as text, however it is encoded (ISO 32000-2, 7.9.2.2); "" for anything else."""
    if isinstance(value, generic.TextStringObject):
        return str(value)
    if isinstance(value, generic.ByteStringObject):
        return bytes(value).decode("latin-1")
    return ""
