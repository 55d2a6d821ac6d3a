"""The visible side of a signature: a form XObject with its fonts (ISO 32000-2, 12.5.5, 8.10 and 9.7)."""

from collections.abc import Sequence

from sigillo.engine.pdf.increment import Increment
from sigillo.engine.pdf.syntax import Ref
from sigillo.engine.pdf.writing import write_dictionary, write_name, write_number, write_ref
from sigillo.engine.position import PageGeometry
from sigillo.engine.stamp import Stamp, StampFont, compose_stamp
from sigillo.engine.types import Placement


def draw_stamp(lines: Sequence[str], increment: Increment, geometry: PageGeometry, placement: Placement) -> Ref:
    """Add the lines, drawn for this place, as a form XObject for /AP /N, upright on a rotated page."""
    left, bottom, right, top = placement.rect
    stamp = compose_stamp(lines, right - left, top - bottom)
    return _add_form(increment, stamp, geometry.upright_matrix(stamp.width, stamp.height))


def _add_form(increment: Increment, stamp: Stamp, matrix: Sequence[float]) -> Ref:
    fonts = {font.resource: write_ref(_add_font(increment, font)) for font in stamp.fonts}
    resources = write_dictionary({"Font": write_dictionary(fonts)} if fonts else {})
    entries = {
        "Type": b"/XObject",
        "Subtype": b"/Form",
        "BBox": _numbers((0, 0, stamp.width, stamp.height)),
        "Matrix": _numbers(matrix),
        "Resources": resources,
    }
    return increment.add_stream(entries, stamp.content)


def _add_font(increment: Increment, font: StampFont) -> Ref:
    """A Type0 font with its CIDFont, descriptor, program and way back to text (9.7.4, 9.7.6, 9.8, 9.10.3)."""
    program = {"Filter": b"/FlateDecode", "Length1": b"%d" % len(font.program)}
    descriptor = increment.add(
        write_dictionary(
            {
                "Type": b"/FontDescriptor",
                "FontName": write_name(font.base_font),
                "Flags": b"%d" % font.flags,
                "FontBBox": _numbers(font.bounding_box),
                "ItalicAngle": b"%d" % font.italic_angle,
                "Ascent": b"%d" % font.ascent,
                "Descent": b"%d" % font.descent,
                "CapHeight": b"%d" % font.cap_height,
                "StemV": b"%d" % font.stem_v,
                "FontFile2": write_ref(increment.add_stream(program, font.program_deflated)),
            }
        )
    )
    return increment.add(
        write_dictionary(
            {
                "Type": b"/Font",
                "Subtype": b"/Type0",
                "BaseFont": write_name(font.base_font),
                "Encoding": b"/Identity-H",
                "DescendantFonts": b"[%s]" % write_ref(_add_cid_font(increment, font, descriptor)),
                "ToUnicode": write_ref(increment.add_stream({}, font.to_unicode)),
            }
        )
    )


def _add_cid_font(increment: Increment, font: StampFont, descriptor: Ref) -> Ref:
    ref = increment.reserve()
    system = {
        "Registry": increment.text(ref, "Adobe"),
        "Ordering": increment.text(ref, "Identity"),
        "Supplement": b"0",
    }
    entries = {
        "Type": b"/Font",
        "Subtype": b"/CIDFontType2",
        "BaseFont": write_name(font.base_font),
        "CIDSystemInfo": write_dictionary(system),
        "CIDToGIDMap": b"/Identity",
        "DW": write_number(font.widths[0] if font.widths else 1000),
        "W": b"[0 %s]" % _numbers(font.widths),
        "FontDescriptor": write_ref(descriptor),
    }
    return increment.put(ref, write_dictionary(entries))


def _numbers(numbers: Sequence[float]) -> bytes:
    return b"[%s]" % b" ".join(write_number(number) for number in numbers)
