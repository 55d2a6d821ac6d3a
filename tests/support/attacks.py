"""The attack set: files that somebody altered after signing, or prepared before, each with what must be said of it.

Every entry is a function without arguments that builds one file from scratch, under the name of the trick;
`code` is a problem that the validation must name. Signatures in them are made with trusted keys wherever
the trick allows it, so that only the trick itself can be the reason for a refusal.

`python -m tests.support.attacks DIRECTORY` writes them all out, for trying them on other verifiers.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.support import broken_signatures, chain
from tests.support.broken_signatures import Attack, once
from tests.support.forging import BODIES, Seal, arabic, certification, contract, edited, include_lock
from tests.support.signed import Wish, append_objects, plain_pdf, sign, stream


@cache
def twice() -> bytes:
    return Seal(1).on(once())


def then(also: Mapping[int, bytes], **wishes: object) -> Callable[[], bytes]:
    """Signed, altered in an incremental update, and signed again by a trusted signer, so that all bytes are covered."""
    return lambda: Seal(1, also=also, **wishes).on(once())  # type: ignore[arg-type]  # keywords of Seal


def followed_by(tail: bytes) -> Callable[[], bytes]:
    return lambda: once() + tail


def updated(objects: Mapping[int, bytes], trailer: bytes = b"/Info 9 0 R") -> Callable[[], bytes]:
    """Signed, then altered by an ordinary incremental update that nobody signs."""
    return lambda: append_objects(once(), objects, trailer)


def _note(text: bytes) -> dict[int, bytes]:
    note = b"<</Type/Annot/Subtype/FreeText/Rect[40 240 280 270]/Contents(%s)/DA(/F1 12 Tf)/F 4>>" % text
    return {50: note, **edited(3, b"/Annots[6 0 R]", b"/Annots[6 0 R 50 0 R]")}


def _later_field(entries: bytes, value: bytes = b"/V 31 0 R") -> bytes:
    shape = b"/Type/Annot/Subtype/Widget/FT/Sig/T(Later)/F 4/Rect[40 240 280 270]/P 3 0 R"
    return b"<<%s%s%s>>" % (shape, value, entries)


FORM = b"/DA(/Helv 12 Tf 0 g)/DR<</Font<</Helv 5 0 R>>>>/SigFlags 3"
PAGE_THREE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R>>"
FALSE_TEXT = stream(b"BT /F1 12 Tf 40 250 Td (I owe you 999 euro.) Tj ET")
FILLED = edited(6, b"/V(100)", b"/V(999)") | {7: edited(7, b"(100)", b"(999)")[7]}
FILLED_ANEW = {**edited(6, b"/V(100)", b"/V(999)"), 51: edited(7, b"(100)", b"(999)")[7]}
FILLED_ANEW[6] = FILLED_ANEW[6].replace(b"/N 7 0 R", b"/N 51 0 R")
SHARED_APPEARANCE = {**BODIES, **edited(3, b"/Font<<", b"/XObject<</X 7 0 R>>/Font<<")}
COMMENTED = {**BODIES, **edited(11, b"13 0 R", b"13%" + b"not here" * 50 + b"\n0%nor here\rR")}
SHADOW = {**BODIES, **edited(6, b"/V(100)", b"/V(900)")}


def _rewritten_by_pyhanko(document: bytes) -> bytes:
    """The page's text replaced by an ordinary writer, as an incremental update with its own /Info and /ID."""
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf (999) Tj ET"))
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _freed(number: int) -> bytes:
    """An update that frees an object, followed by an honest signature."""
    document = once()
    table = len(document)
    document += b"xref\n0 1\n0000000000 65535 f \n%d 1\n0000000000 00001 f \n" % number
    previous = int(once()[once().rindex(b"startxref") + 9 :].split()[0])
    document += b"trailer\n<</Size 61/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, table)
    return Seal(1).on(document)


def _generation_raised() -> bytes:
    """The same page content under another generation: all references to it point to nothing."""
    document = once()
    previous = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    at = len(document)
    document += b"4 1 obj\n%s\nendobj\n" % BODIES[4]
    table = len(document)
    document += b"xref\n0 1\n0000000000 65535 f \n4 1\n%010d 00001 n \n" % at
    document += b"trailer\n<</Size 61/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, table)
    return Seal(1).on(document)


def _signature_object(document: bytes) -> bytes:
    start = document.index(b"21 0 obj\n") + 9
    return document[start : document.index(b"\nendobj", start)]


def _nested() -> dict[int, bytes]:
    inner = edited(7, b"(100)", b"(999)")[7]
    outer = stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</XObject<</X 12 0 R>>>>")
    return {**BODIES, 7: outer, 12: inner}


APPENDED = {
    "a_space": Attack(followed_by(b" "), "bytes_after"),
    "a_newline": Attack(followed_by(b"\n"), "bytes_after"),
    "a_comment": Attack(followed_by(b"% nothing to see\n"), "bytes_after"),
    "an_object_without_xref": Attack(followed_by(b"4 0 obj\n%s\nendobj\n" % FALSE_TEXT), "bytes_after"),
    "an_object_and_a_trailer": Attack(
        followed_by(b"4 0 obj\n%s\nendobj\ntrailer\n<</Root 1 0 R/Size 60>>\n" % FALSE_TEXT), "bytes_after"
    ),
    "the_end_again": Attack(lambda: once() + once()[once().rindex(b"startxref") :], "bytes_after"),
    "an_update_of_nothing": Attack(updated({}), "bytes_after"),
    "page_text": Attack(updated({4: FALSE_TEXT}), "changed_after_signing"),
    "page_text_by_pyhanko": Attack(
        lambda: _rewritten_by_pyhanko(sign(plain_pdf(), Wish("A"))), "changed_after_signing"
    ),
    "a_fill": Attack(updated(FILLED_ANEW), "bytes_after"),
    "a_note": Attack(updated(_note(b"paid")), "changed_after_signing"),
    "signature_removed": Attack(
        lambda: append_objects(twice(), {8: b"<</Fields[6 0 R 20 0 R]%s>>" % FORM}), "bytes_after"
    ),
    "value_of_signature_removed": Attack(
        updated({20: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/Rect[0 0 0 0]>>"}),
        "signature_not_listed",
    ),
    "form_removed": Attack(updated(edited(1, b"/AcroForm 8 0 R", b"")), "signature_not_listed"),
    "catalog_replaced": Attack(
        lambda: append_objects(once(), {50: BODIES[1].replace(b"8 0 R", b"<</Fields[]>>")}, root=50),
        "signature_not_listed",
    ),
}

COVERED = {
    "page_text": Attack(then({4: FALSE_TEXT}), "changed_after_signing"),
    "page_text_by_pyhanko": Attack(
        lambda: sign(_rewritten_by_pyhanko(sign(plain_pdf(), Wish("A"))), Wish("B")), "changed_after_signing"
    ),
    "page_contents_entry": Attack(
        then({**edited(3, b"/Contents 4 0 R", b"/Contents 50 0 R"), 50: FALSE_TEXT}), "changed_after_signing"
    ),
    "page_box": Attack(then(edited(3, b"300 300]", b"300 200]")), "changed_after_signing"),
    "page_rotated": Attack(then(edited(11, b"/Rotate 0", b"/Rotate 90")), "changed_after_signing"),
    "page_resources": Attack(
        then({**edited(3, b"/F1 5 0 R", b"/F1 50 0 R"), 50: BODIES[5].replace(b"Helvetica", b"Symbol")}),
        "changed_after_signing",
    ),
    "page_added": Attack(
        then({50: PAGE_THREE, 2: b"<</Type/Pages/Kids[3 0 R 11 0 R 50 0 R]/Count 3>>"}),
        "changed_after_signing",
    ),
    "page_removed": Attack(then({2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"}), "changed_after_signing"),
    "pages_swapped": Attack(then({2: b"<</Type/Pages/Kids[11 0 R 3 0 R]/Count 2>>"}), "changed_after_signing"),
    "font": Attack(then(edited(5, b"Helvetica", b"ZapfDingbats")), "changed_after_signing"),
    "note_added": Attack(then(_note(b"paid")), "changed_after_signing"),
    "widget_removed": Attack(then(edited(3, b"/Annots[6 0 R]", b"/Annots[]")), "changed_after_signing"),
    "open_action": Attack(
        then(edited(1, b"/Pages", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Pages")),
        "changed_after_signing",
    ),
    "layers": Attack(then(edited(1, b"/Pages", b"/OCProperties<</OCGs[]/D<<>>>>/Pages")), "changed_after_signing"),
    "title": Attack(then(edited(9, b"Contract", b"Gift")), "changed_after_signing"),
    "dangling_reference": Attack(then({13: stream(b"0 0 300 300 re f")}), "changed_after_signing"),
    "dangling_reference_with_comments": Attack(
        lambda: Seal(1, also={13: stream(b"0 0 300 300 re f")}).on(Seal().on(contract(COMMENTED))),
        "changed_after_signing",
    ),
    "generation_raised": Attack(_generation_raised, "changed_after_signing"),
    "note_as_a_group_of_fields": Attack(
        then(
            {
                50: b"<</T(group)/Kids[51 0 R]/Type/Annot/Subtype/FreeText/Rect[40 240 280 270]/Contents(paid)>>",
                51: _later_field(b"/Parent 50 0 R").replace(b"/V 31", b"/V 52"),
                52: b"<</Type/Sig/ByteRange[0 1 2 3]>>",
                **edited(3, b"/Annots[6 0 R]", b"/Annots[6 0 R 50 0 R]"),
            },
            fields=(6, 20, 30, 50),
        ),
        "changed_after_signing",
    ),
    "entry_twice": Attack(then({50: b"<</A 1/A 2>>"}), "changed_after_signing"),
    "object_freed": Attack(lambda: _freed(4), "changed_after_signing"),
    "need_appearances": Attack(then({}, form=FORM + b"/NeedAppearances true"), "changed_after_signing"),
    "default_appearance": Attack(then({}, form=FORM.replace(b"0 g", b"1 g")), "changed_after_signing"),
    "form_font": Attack(
        then({50: BODIES[5].replace(b"Helvetica", b"Symbol")}, form=FORM.replace(b"5 0 R", b"50 0 R")),
        "changed_after_signing",
    ),
    "xfa": Attack(then({50: stream(b"<xdp/>")}, form=FORM + b"/XFA 50 0 R"), "changed_after_signing"),
    "signature_flags": Attack(then({}, form=FORM.replace(b"/SigFlags 3", b"/SigFlags 0")), "changed_after_signing"),
    "field_added": Attack(
        then({50: BODIES[6].replace(b"(amount)", b"(extra)")}, fields=(6, 20, 30, 50)),
        "changed_after_signing",
    ),
    "field_added_with_new_value": Attack(
        then(
            {50: BODIES[6].replace(b"(amount)", b"(extra)").replace(b"(100)", b" 51 0 R"), 51: b"(999)"},
            fields=(6, 20, 30, 50),
        ),
        "changed_after_signing",
    ),
    "field_moved_under_a_new_parent": Attack(
        then({50: b"<</T(group)/Kids[6 0 R]>>"}, fields=(50, 20, 30)), "changed_after_signing"
    ),
    "catalog_of_another_number": Attack(then({50: BODIES[1]}, root=50), "changed_after_signing"),
    "field_removed": Attack(then({}, fields=(20, 30)), "changed_after_signing"),
    "field_renamed": Attack(then(edited(6, b"(amount)", b"(sum)")), "changed_after_signing"),
    "field_retyped": Attack(then(edited(6, b"/FT/Tx", b"/FT/Btn")), "changed_after_signing"),
    "field_moved": Attack(then(edited(6, b"[40 100 140 120]", b"[40 200 140 220]")), "changed_after_signing"),
    "field_hidden": Attack(then(edited(6, b"/F 4", b"/F 2")), "changed_after_signing"),
    "field_with_action": Attack(
        then(edited(6, b"/FT/Tx", b"/FT/Tx/AA<</E<</S/JavaScript/JS(1)>>>>")), "changed_after_signing"
    ),
    "appearance_alone_in_place": Attack(then(edited(7, b"(100)", b"(999)")), "changed_after_signing"),
    "appearance_also_on_the_page": Attack(
        lambda: Seal(1, also=FILLED).on(Seal().on(contract(SHARED_APPEARANCE))), "changed_after_signing"
    ),
    "fill_of_unlocked_field": Attack(then(FILLED_ANEW), "filled_after_signing"),
    "fill_in_place": Attack(then(FILLED), "filled_after_signing"),
    "unsigned_signature_field": Attack(
        then({50: _later_field(b"", b"")}, fields=(6, 20, 30, 50)), "changed_after_signing"
    ),
    "signature_widget_with_action": Attack(
        then({}, field_entries=b"/A<</S/URI/URI(http://example.org)>>"), "changed_after_signing"
    ),
    "signature_widget_with_page_type": Attack(then({}, field_entries=b"/Subtype/Link"), "changed_after_signing"),
    "first_signature_removed": Attack(then({}, fields=(6, 30)), "signature_not_listed"),
    "first_signature_rewritten": Attack(
        lambda: Seal(1, also={21: _signature_object(once()).replace(b"20260601", b"20260101")}).on(once()),
        "gap_elsewhere",
    ),
    "field_points_to_other_signature": Attack(
        then({20: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 31 0 R/F 132/Rect[0 0 0 0]/P 3 0 R>>"}),
        "signature_shared",
    ),
    "store_of_other_things": Attack(
        then(edited(1, b"/Pages", b"/DSS<</Certs[4 0 R]/Pages 2 0 R>>/Pages")), "changed_after_signing"
    ),
    "metadata_that_is_page_content": Attack(
        lambda: Seal(1, also={10: FALSE_TEXT.replace(b"<<", b"<</Type/Metadata/Subtype/XML")}).on(
            Seal().on(contract({**BODIES, **edited(3, b"/Contents 4 0 R", b"/Contents 10 0 R")}))
        ),
        "changed_after_signing",
    ),
    "metadata_that_is_information": Attack(then({}, trailer=b"/Info 10 0 R"), "changed_after_signing"),
}


LOCKS = {
    "fill_of_locked_field": Attack(lambda: Seal(1, also=FILLED_ANEW).on(once(include_lock(b"amount"))), "locked_field"),
    "fill_of_field_under_lock_of_parent": Attack(
        lambda: Seal(1, also=FILLED_ANEW).on(once(b"", b"/Lock<</Type/SigFieldLock/Action/All>>")),
        "locked_field",
    ),
    "fill_outside_of_exclusion": Attack(
        lambda: Seal(1, also=FILLED_ANEW).on(once(b"", b"/Lock<</Type/SigFieldLock/Action/Exclude/Fields[(other)]>>")),
        "locked_field",
    ),
    "fill_under_a_lock_nobody_knows": Attack(
        lambda: Seal(1, also=FILLED_ANEW).on(once(b"", b"/Lock<</Action/Whatever>>")), "locked_field"
    ),
    "signature_after_no_changes": Attack(lambda: Seal(1).on(once(certification(1))), "locked_document"),
    "signature_after_lock_to_level_one": Attack(
        lambda: Seal(1).on(once(b"", b"/Lock<</Action/Include/Fields[]/P 1>>")), "locked_document"
    ),
    "note_after_certification": Attack(
        lambda: Seal(1, also=_note(b"paid")).on(once(certification(2))), "changed_after_signing"
    ),
}


SHADOWS = {
    "value_differs_from_appearance": Attack(lambda: Seal().on(contract(SHADOW)), "appearance_differs"),
    "value_is_longer": Attack(
        lambda: Seal().on(contract({**BODIES, **edited(6, b"/V(100)", b"/V(100000)")})), "appearance_differs"
    ),
    "shown_by_a_nested_form": Attack(lambda: Seal().on(contract(_nested())), "appearance_differs"),
    "right_to_left": Attack(lambda: Seal().on(contract(arabic("العربية", "مئتان"[::-1]))), "appearance_differs"),
    "in_utf_16": Attack(
        lambda: Seal().on(contract({**BODIES, **edited(6, b"(100)", b"<FEFF0039003000300030>")})),
        "appearance_differs",
    ),
}


FAMILIES = {
    "appended": APPENDED,
    "covered": COVERED,
    "locks": LOCKS,
    "ranges": broken_signatures.RANGES,
    "cms": broken_signatures.CMS,
    "shadows": SHADOWS,
}
ATTACKS = {f"{family}/{name}": attack for family, attacks in FAMILIES.items() for name, attack in attacks.items()}
CHECKED_AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    (target / "root.crt").write_bytes(chain.signer().chain[-1])
    for name, attack in ATTACKS.items():
        (target / f"{name.replace('/', '-')}.pdf").write_bytes(attack.build())
