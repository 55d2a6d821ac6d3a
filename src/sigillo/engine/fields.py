"""The interactive form of a document: its fields, by their full names (ISO 32000-2, 12.7.3 and 12.7.4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Dictionary, Ref, Value
from sigillo.engine.pdf.writing import decode_text

MAX_FIELDS = 200_000
MAX_LEVELS = 64


@dataclass(frozen=True, slots=True)
class FormField:
    """A terminal field: `name` is fully qualified, `kind` is /FT and may be inherited, as is `value`."""

    name: str
    kind: str | None
    value: Value
    own: Dictionary

    @property
    def is_signature(self) -> bool:
        """Whether its /FT is Sig (12.7.5.5)."""
        return self.kind == "Sig"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a document; `entry` is what the catalog holds under /AcroForm, `own` its dictionary.

    Without a form, or with something else in its place, `own` is empty and there are no fields.
    """

    entry: Value
    own: Dictionary
    fields: tuple[FormField, ...]
    taken: frozenset[str]
    """Full names of all fields, the inner nodes of the tree among them."""

    @property
    def other_names(self) -> list[str]:
        """Full names of every field that is no signature, each once: what a new signature locks."""
        return list(dict.fromkeys(field.name for field in self.fields if not field.is_signature and field.name))


@dataclass(slots=True)
class _Node:
    entry: Value
    name: str
    kind: Value
    value: Value
    path: tuple[Value, ...]


def read_form(document: Document) -> Form:
    """The form as it is. Raises Malformed for a field tree without bound."""
    entry = document.catalog.get("AcroForm")
    own = document.dictionary(entry) or {}
    taken: set[str] = set()
    fields = tuple(_walk(document, document.array(own.get("Fields")) or [], taken))
    return Form(entry, own, fields, frozenset(taken))


def _walk(document: Document, roots: list[Value], taken: set[str]) -> Iterator[FormField]:
    stack = [_Node(root, "", None, None, ()) for root in reversed(roots)]
    seen: set[Ref] = set()
    while stack:
        node = stack.pop()
        if isinstance(node.entry, Ref):
            if node.entry in node.path:
                # Viewers stop at different points of the circle; some then find no signature at all.
                raise Malformed("looping_fields", "A form field of the file contains itself.")
            if node.entry in seen:
                continue
            seen.add(node.entry)
        if len(seen) > MAX_FIELDS or len(node.path) > MAX_LEVELS:
            raise Malformed("too_many_fields", "The form of the file has no end.")
        own = document.dictionary(node.entry)
        if own is None:
            continue
        name = _qualified(node.name, document.get(own.get("T")))
        kind = document.get(own["FT"]) if "FT" in own else node.kind
        value = own.get("V", node.value)
        taken.add(name)
        children = _children(document, own)
        if children:
            path = (*node.path, node.entry)
            stack.extend(_Node(child, name, kind, value, path) for child in reversed(children))
        else:
            yield FormField(name, str(kind) if kind else None, value, own)


def _children(document: Document, own: Dictionary) -> list[Value]:
    """Kids that are fields themselves; kids without a name are the widgets of one field (12.7.4.2)."""
    kids = document.array(own.get("Kids")) or []
    named = [(kid, document.dictionary(kid)) for kid in kids]
    return [kid for kid, entries in named if entries is not None and "T" in entries]


def _qualified(parent: str, partial: Value) -> str:
    if not isinstance(partial, bytes):
        return parent
    return f"{parent}.{decode_text(partial)}" if parent else decode_text(partial)
