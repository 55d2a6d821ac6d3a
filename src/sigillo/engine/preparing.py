"""Everything of a signature but its CMS, as an increment: field, widget, signature dictionary, appearance."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sigillo.engine.errors import Unplaceable
from sigillo.engine.fields import Form, read_form
from sigillo.engine.locks import choose_name, read_rules
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.increment import Increment, Spot, appended
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.pages import LETTER, Page, find_page
from sigillo.engine.pdf.syntax import Ref
from sigillo.engine.pdf.writing import write_dictionary, write_number, write_ref
from sigillo.engine.position import PageGeometry
from sigillo.engine.types import Placement, SignatureRequest

PRINT_AND_LOCKED = 4 | 128
"""/F of the widget (12.5.3): it is printed, and cannot be moved or deleted in a viewer."""
SIGNATURES_EXIST_AND_APPEND_ONLY = 3
"""/SigFlags of the form (12.7.3)."""
_RANGE_ROOM = 46
"""Characters for /ByteRange: brackets, a zero, three numbers of up to 13 digits, blanks."""

Draw = Callable[[Increment, PageGeometry, Placement], Ref]
"""Adds the appearance of a visible signature; drawing needs fonts, and a trial at intake does without."""


@dataclass(slots=True)
class Prepared:
    """An increment that lacks only its signature: `data` is to be filled in its gap.

    `base` is the size of the document before it; `gap_start` and `gap_end` enclose the /Contents value with
    its angle brackets, as offsets in `data`.
    """

    data: bytearray
    base: int
    gap_start: int
    gap_end: int
    field_name: str
    field: Ref
    signature: Ref
    page: Ref

    def fill(self, cms: bytes) -> None:
        """Write the CMS into the gap; what it does not use stays zero (ISO 32000-2, 12.8.1)."""
        text = cms.hex().encode("ascii")
        if len(text) > self.gap_end - self.gap_start - 2:
            raise ValueError("the CMS is larger than the room reserved for it")
        self.data[self.gap_start + 1 : self.gap_start + 1 + len(text)] = text


def prepare_signature(
    document: Document,
    request: SignatureRequest,
    *,
    signed_at: datetime,
    contents_size: int,
    draw: Draw | None,
) -> Prepared:
    """Prepare a signature whose CMS has at most `contents_size` bytes.

    Raises Malformed, Unplaceable, Locked.
    """
    form = read_form(document)
    name = choose_name(form, read_rules(document, form), request.field_name)
    page = _page(document, request.placement)
    increment = Increment(document)
    field, signature = increment.reserve(), increment.reserve()
    locked = form.other_names
    head = _signature_head(increment, signature, request, signed_at, locked)
    increment.put(signature, head + _open_contents(contents_size))
    widget = {
        "T": increment.text(field, name),
        "P": write_ref(page.ref),
        "V": write_ref(signature),
        **_lock_entry(increment, locked),
        **_place(increment, page, request.placement, draw),
    }
    increment.put(field, write_dictionary(_WIDGET | widget))
    _register_field(increment, form, field)
    _register_annotation(increment, page.ref, field)
    if document.rebuilt:
        _renew(increment, form, page)
    out = increment.assemble()
    range_at = out.bodies[signature.number] + len(head)
    gap_start = range_at + _RANGE_ROOM + len(_CONTENTS)
    gap_end = gap_start + 2 * contents_size + 2
    ranges = b"[0 %d %d %d]" % (
        out.base + gap_start,
        out.base + gap_end,
        len(out.data) - gap_end,
    )
    out.data[range_at : range_at + len(ranges)] = ranges
    return Prepared(out.data, out.base, gap_start, gap_end, name, field, signature, page.ref)


_CONTENTS = b"/Contents "


def _renew(increment: Increment, form: Form, page: Page) -> None:
    """Write what leads to the signature in clean syntax: in a damaged file viewers differ in what they accept."""
    document = increment.document
    for ref in (document.root, *page.path, form.entry):
        if isinstance(ref, Ref) and document.dictionary(ref) is not None:
            increment.renew(document.settle(ref))


def _open_contents(contents_size: int) -> bytes:
    """The rest of the signature dictionary: blanks for the byte range, zeros for the CMS."""
    return b" " * _RANGE_ROOM + _CONTENTS + b"<" + b"00" * contents_size + b">>>"


def _signature_head(
    increment: Increment, ref: Ref, request: SignatureRequest, signed_at: datetime, locked: list[str]
) -> bytes:
    """The signature dictionary up to its byte range (12.8.1, table 255; ETSI EN 319 142-1, 6.3)."""
    entries = {
        "Type": b"/Sig",
        "Filter": b"/Adobe.PPKLite",
        "SubFilter": b"/ETSI.CAdES.detached",
        "M": increment.text(ref, _pdf_date(signed_at)),
    }
    for key, text in (("Name", request.name), ("Reason", request.reason), ("Location", request.location)):
        if text:
            entries[key] = increment.text(ref, text)
    if locked:
        parameters = _lock_entries(increment, ref, locked) | {"Type": b"/TransformParams", "V": b"/1.2"}
        reference = {
            "Type": b"/SigRef",
            "TransformMethod": b"/FieldMDP",
            "TransformParams": write_dictionary(parameters),
            "Data": write_ref(increment.document.root),
        }
        entries["Reference"] = b"[%s]" % write_dictionary(reference)
    return write_dictionary(entries)[:-2] + b"/ByteRange "


def _lock_entry(increment: Increment, locked: list[str]) -> dict[str, bytes]:
    """/Lock of the field, an indirect object (12.7.5.5, table 235). No other fields, no lock.

    The list names the fields: `All` would break the signatures that follow, which add fields themselves.
    """
    if not locked:
        return {}
    ref = increment.reserve()
    entries = {"Type": b"/SigFieldLock", **_lock_entries(increment, ref, locked)}
    return {"Lock": write_ref(increment.put(ref, write_dictionary(entries)))}


def _lock_entries(increment: Increment, ref: Ref, locked: list[str]) -> dict[str, bytes]:
    names = b"".join(increment.text(ref, name) for name in locked)
    return {"Action": b"/Include", "Fields": b"[%s]" % names}


def _pdf_date(moment: datetime) -> str:
    """A date as PDF writes it (7.9.4), in UTC."""
    return moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")


def _page(document: Document, placement: Placement | None) -> Page:
    """The page of the widget; that of an invisible signature is on the first page, where verifiers look."""
    number = placement.page if placement else 1
    page = find_page(document, number - 1) if number > 0 else None
    if page is not None:
        return page
    if placement is None or not document.rebuilt:
        # Not the last word where the cross-reference was trusted: a damaged one may hide pages.
        raise Malformed("no_pages", "The file has no page.")
    raise Unplaceable("page_missing", f"The document has no page {number}; choose one that it has.")


def page_geometry(document: Document, page: Page) -> PageGeometry:
    """How the page is displayed: crop box, rotation and user unit, with what is inherited."""
    return PageGeometry.of_page(
        page.box(document, "MediaBox") or LETTER,
        page.box(document, "CropBox"),
        int(page.number(document, "Rotate", 0)),
        page.number(document, "UserUnit", 1.0),
    )


_WIDGET = {
    "Type": b"/Annot",
    "Subtype": b"/Widget",
    "FT": b"/Sig",
    "F": b"%d" % PRINT_AND_LOCKED,
    "Rect": b"[0 0 0 0]",
}
"""What every signature's field and widget annotation say (12.7.4.1, 12.7.5.5, 12.5.6.19)."""


def _place(increment: Increment, page: Page, placement: Placement | None, draw: Draw | None) -> dict[str, bytes]:
    """/Rect and /AP of a visible signature. Raises Unplaceable where the rectangle is not on the page."""
    if placement is None:
        return {}
    geometry = page_geometry(increment.document, page)
    corners = geometry.to_user_space(placement.rect)
    entries = {"Rect": b"[%s]" % b" ".join(write_number(corner) for corner in corners)}
    if draw is not None:
        entries["AP"] = write_dictionary({"N": write_ref(draw(increment, geometry, placement))})
    return entries


def _register_field(increment: Increment, form: Form, field: Ref) -> None:
    """Add the field to /Fields of the form (12.7.3), which may be missing, direct, indirect or malformed."""
    document = increment.document
    item = write_ref(field)
    root = increment.spot(document.settle(document.root))
    flags = document.get(form.own.get("SigFlags"))
    wanted = (flags if isinstance(flags, int) else 0) | SIGNATURES_EXIST_AND_APPEND_ONLY
    changes = {} if wanted == flags else {"SigFlags": b"%d" % wanted}
    if not form.own:
        new = increment.add(write_dictionary({"Fields": b"[%s]" % item, **changes}))
        increment.put(root.owner, increment.spliced(root, {"AcroForm": write_ref(new)}))
        return
    indirect = document.settle(form.entry) if isinstance(form.entry, Ref) else None
    spot = increment.spot(indirect) if indirect else increment.inner(root, "AcroForm")
    changes |= _extended(increment, spot, "Fields", item)
    if not changes:
        return
    changed = increment.spliced(spot, changes)
    increment.put(spot.owner, changed if indirect else increment.spliced(root, {"AcroForm": changed}))


def _register_annotation(increment: Increment, page: Ref, field: Ref) -> None:
    """Add the widget to /Annots of its page (12.5.2)."""
    spot = increment.spot(page)
    changes = _extended(increment, spot, "Annots", write_ref(field))
    if changes:
        increment.put(spot.owner, increment.spliced(spot, changes))


def _extended(increment: Increment, spot: Spot, key: str, item: bytes) -> dict[str, bytes]:
    """Append to the array under `key`; what has to change in the dictionary itself, if anything."""
    document = increment.document
    value = spot.value.get(key)
    if document.array(value) is None:
        return {key: b"[%s]" % item}
    if isinstance(value, Ref):
        increment.append(document.settle(value), item)
        return {}
    return {key: appended(increment.entry(spot, key), item)}
