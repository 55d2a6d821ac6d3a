"""What a document carries that a person should know of before it is signed. None of it stops a signature by itself.

    javascript      a script that a viewer may run (ISO 32000-2, 12.6.4.17)
    launch_action   an action that starts a program (12.6.4.6)
    hybrid_xfa      a form in two descriptions, of which viewers show one or the other (XFA beside AcroForm)
    shadow_replace  a form field that shows one text and holds another

The codes are stable; a document gets each at most once.
"""

import re
from collections.abc import Iterator

from sigillo.engine.fields import Form, FormField
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Dictionary, Ref, Source, Value, read_operations
from sigillo.engine.pdf.writing import decode_text

MAX_OBJECTS = 50_000
"""Objects looked at one by one; beyond, the plain text of the file has to do."""
MAX_COMPARED = 5_000
_ACTIONS = {"JavaScript": "javascript", "Launch": "launch_action"}
_SUSPECT = re.compile(rb"/(?:JavaScript|JS|Launch)(?![A-Za-z0-9])|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*#[0-9A-Fa-f]{2}")
_PASSWORD = 1 << 13
_HIDDEN = 1 << 1


def find_warnings(document: Document, form: Form) -> tuple[str, ...]:
    """The codes of the warnings that apply, in the order of the list above."""
    found = _actions(document)
    if form.own.get("XFA") is not None:
        found.add("hybrid_xfa")
    if any(_shows_another_text(document, field) for field in form.fields[:MAX_COMPARED]):
        found.add("shadow_replace")
    return tuple(code for code in ("javascript", "launch_action", "hybrid_xfa", "shadow_replace") if code in found)


def _actions(document: Document) -> set[str]:
    """Actions anywhere in the file: what is not reached by a path today may be reached by another viewer."""
    if not any(_SUSPECT.search(source) for source in _sources(document)):
        return set()
    found: set[str] = set()
    for value in _objects(document):
        found |= _named_actions(value)
    if document.crossref.top > MAX_OBJECTS:
        found |= {code for name, code in _ACTIONS.items() if _mentions(document, name)}
    return found


def _sources(document: Document) -> Iterator[Source]:
    """The file, and the object streams in it, which hide names under a filter."""
    yield document.source
    for number in document.packing_streams(MAX_OBJECTS):
        try:
            yield document.unpacked(number).data
        except Malformed:
            if not document.rebuilt:
                raise


def _objects(document: Document) -> Iterator[Value]:
    for number in document.crossref.index(MAX_OBJECTS):
        try:
            yield document.get(Ref(number, 0))
        except Malformed:
            continue


def _mentions(document: Document, name: str) -> bool:
    return document.source.find(b"/" + name.encode("ascii")) >= 0


def _named_actions(value: Value) -> set[str]:
    found: set[str] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            found |= {_ACTIONS[kind] for kind in (item.get("S"),) if isinstance(kind, str) and kind in _ACTIONS}
            if "JS" in item:
                found.add("javascript")
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


def _shows_another_text(document: Document, field: FormField) -> bool:
    """Whether a text field's appearance certainly draws another text than /V.

    Only what is read with certainty counts: single-byte fonts without an encoding of their own, no password
    fields, no values that a script formats for display, no hidden widgets. A part of the text, or the text
    with other spacing and punctuation, is the same text: fields scroll, wrap and group digits.
    """
    value = document.get(field.value)
    if field.kind != "Tx" or not isinstance(value, bytes) or "F" in _dictionary(document, field.own.get("AA")):
        return False
    flags = document.get(field.own.get("Ff"))
    if isinstance(flags, int) and flags & _PASSWORD:
        return False
    held = _normal(decode_text(value))
    kids = [_dictionary(document, kid) for kid in document.array(field.own.get("Kids")) or []]
    for widget in kids or [field.own]:
        shown = _normal(_drawn_text(document, widget))
        if held and shown and shown not in held and held not in shown:
            return True
    return False


def _drawn_text(document: Document, widget: Dictionary) -> str:
    """What the normal appearance of a widget draws, or nothing where that cannot be told."""
    flags = document.get(widget.get("F"))
    normal = _dictionary(document, widget.get("AP")).get("N")
    if not isinstance(normal, Ref) or (isinstance(flags, int) and flags & _HIDDEN):
        return ""
    try:
        content = document.stream_data(document.settle(normal))
        resources = _dictionary(document, _dictionary(document, normal).get("Resources"))
        return "".join(_texts(document, content, _dictionary(document, resources.get("Font"))))
    except Malformed:
        return ""


def _texts(document: Document, content: bytes, fonts: Dictionary) -> Iterator[str]:
    readable = True
    for operator, operands in read_operations(content):
        if operator == b"Tf" and operands:
            font = _dictionary(document, fonts.get(str(operands[0])))
            readable = font.get("Subtype") in ("Type1", "TrueType") and "FontDescriptor" not in font
            readable = readable and not isinstance(document.get(font.get("Encoding")), dict)
        elif operator in (b"Tj", b"'", b'"', b"TJ") and operands:
            if not readable:
                raise Malformed("unreadable_font", "The text of an appearance cannot be read.")
            last = operands[-1]
            yield from (
                item.decode("latin-1")
                for item in (last if isinstance(last, list) else [last])
                if isinstance(item, bytes)
            )


def _dictionary(document: Document, value: Value) -> Dictionary:
    return document.dictionary(value) or {}


def _normal(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
