"""Cutting a typeface down to the glyphs of a stamp (hb-subset), and describing the result for PDF."""

import zlib
from collections.abc import Collection
from functools import cache, lru_cache
from hashlib import sha256
from typing import NamedTuple

import uharfbuzz

from sigillo.engine.stamp.shaping import shape
from sigillo.engine.stamp.typefaces import FILES, LATIN, typeface
from sigillo.engine.stamp.values import StampFont

# A CIDFontType2 needs outlines and their metrics (ISO 32000-1, 9.9); layout has done its work.
_DROPPED = (
    *("BASE", "DSIG", "GDEF", "GPOS", "GSUB", "JSTF", "MATH", "OS/2", "STAT", "VORG"),
    *("cmap", "gasp", "kern", "name", "post", "vhea", "vmtx"),
)

# Always in the Latin subset, so that stamps that differ by their date share one font.
_ALWAYS = "0123456789:-./,+ UTCZ…"

_CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{mappings}endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


class Subset(NamedTuple):
    """A font for the file, and what became of the typeface's glyph numbers and of the texts behind them."""

    font: StampFont
    numbers: dict[int, int]
    texts: dict[int, str]


def subset(index: int, uses: Collection[tuple[int, str]]) -> Subset:
    """The subset of typeface `index` for these glyphs and the characters that they stand for."""
    texts = dict(sorted({(number, text) for number, text in uses if text}, reverse=True))
    glyphs = {number for number, _ in uses}
    if index == LATIN:
        texts |= _always()
        glyphs |= _always().keys()
    return _cut(index, frozenset(glyphs), frozenset(texts.items()))


@cache
def _always() -> dict[int, str]:
    return {glyph.number: glyph.text for glyph in shape(LATIN, 0, "Latn", _ALWAYS).glyphs}


@lru_cache(maxsize=128)
def _cut(index: int, glyphs: frozenset[int], texts: frozenset[tuple[int, str]]) -> Subset:
    opened = typeface(index)
    order = uharfbuzz.SubsetInput()
    order.glyph_set.update(glyphs)
    order.flags = (
        uharfbuzz.SubsetFlags.NO_HINTING
        | uharfbuzz.SubsetFlags.NO_LAYOUT_CLOSURE
        | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    )
    order.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in _DROPPED)
    plan = uharfbuzz.SubsetPlan(opened.face, order)
    program = bytes(plan.execute().blob.data)
    numbers = dict(plan.old_to_new_glyph_mapping.items())
    advances = {new: opened.font.get_glyph_h_advance(old) for old, new in numbers.items()}
    to_unicode = _to_unicode({numbers[number]: text for number, text in texts})
    font = StampFont(
        resource=f"F{index}",
        base_font=f"{_tag(program + to_unicode)}+{FILES[index]}",
        program=program,
        program_deflated=zlib.compress(program, 9),
        to_unicode=to_unicode,
        widths=tuple(round(advances[number] * opened.scale, 2) for number in range(len(numbers))),
        bounding_box=opened.bounding_box,
        ascent=opened.ascent,
        descent=opened.descent,
        cap_height=opened.cap_height,
    )
    return Subset(font, numbers, dict(texts))


def _tag(content: bytes) -> str:
    """Six capitals that differ for different subsets (ISO 32000-1, 9.6.4)."""
    number = int.from_bytes(sha256(content).digest()[:8], "big")
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _to_unicode(texts: dict[int, str]) -> bytes:
    lines = [f"<{number:04X}> <{text.encode('utf-16-be').hex().upper()}>\n" for number, text in sorted(texts.items())]
    blocks = (lines[start : start + 100] for start in range(0, len(lines), 100))  # the most that one block may hold
    mappings = "".join(f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n" for block in blocks)
    return _CMAP.format(mappings=mappings).encode()
