"""The typefaces that ship with us, and which of them has a character.

A typeface is known by its place in `FILES`. The files are mapped into memory on first use and stay there.
"""

import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz

DIRECTORY = Path(__file__).parent / "fonts"

# The order is that of preference where a script has no typeface of its own.
FILES = (
    "NotoSans-Regular",
    "DroidSansFallbackFull",
    "NotoSansKR-Hangul",
    "NotoSansArabic-Regular",
    "NotoSansHebrew-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansBengali-Regular",
    "NotoSansTamil-Regular",
    "NotoSansTelugu-Regular",
    "NotoSansGujarati-Regular",
    "NotoSansKannada-Regular",
    "NotoSansMalayalam-Regular",
    "NotoSansOriya-Regular",
    "NotoSansGurmukhi-Regular",
    "NotoSansSinhala-Regular",
    "NotoSansThai-Regular",
    "NotoSansLao-Regular",
    "NotoSansKhmer-Regular",
    "NotoSansMyanmar-Regular",
    "NotoSansEthiopic-Regular",
    "NotoSansArmenian-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansThaana-Regular",
    "NotoSansTifinagh-Regular",
    "NotoSansCanadianAboriginal-Regular",
    "NotoSerifTibetan-Regular",
)
LATIN, HAN, HANGUL = 0, 1, 2

_SCRIPTS = {  # ISO 15924
    "Latn": LATIN,
    "Grek": LATIN,
    "Cyrl": LATIN,
    "Hani": HAN,
    "Hira": HAN,
    "Kana": HAN,
    "Bopo": HAN,
    "Hang": HANGUL,
} | dict(
    zip(
        (
            *("Arab", "Hebr", "Deva", "Beng", "Taml", "Telu", "Gujr", "Knda", "Mlym", "Orya", "Guru", "Sinh"),
            *("Thai", "Laoo", "Khmr", "Mymr", "Ethi", "Armn", "Geor", "Thaa", "Tfng", "Cans", "Tibt"),
        ),
        range(3, len(FILES)),
        strict=True,
    )
)

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""They steer shaping and are never drawn (UAX #9 calls them boundary neutral)."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """One opened file; the numbers are in thousandths of the font size."""

    face: uharfbuzz.Face
    font: uharfbuzz.Font
    scale: float
    ascent: int
    descent: int
    cap_height: int
    bounding_box: tuple[int, int, int, int]


@cache
def typeface(index: int) -> Typeface:
    """Open a typeface; `index` is its place in `FILES`."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(DIRECTORY / f"{FILES[index]}.ttf")))
    font = uharfbuzz.Font(face)
    scale = 1000 / face.upem
    extents = font.get_font_extents("ltr")
    # OpenType head: xMin, yMin, xMax, yMax; OS/2: sCapHeight.
    box = struct.unpack(">4h", face.reference_table("head").data[36:44])
    (cap_height,) = struct.unpack(">h", face.reference_table("OS/2").data[88:90])
    x0, y0, x1, y1 = (round(number * scale) for number in box)
    return Typeface(
        face=face,
        font=font,
        scale=scale,
        ascent=round(extents.ascender * scale),
        descent=round(extents.descender * scale),
        cap_height=round(cap_height * scale),
        bounding_box=(x0, y0, x1, y1),
    )


@lru_cache(maxsize=8192)
def script_of(character: str) -> str | None:
    """The ISO 15924 code of a character's script; None for those that serve in any (UAX #24)."""
    buffer = uharfbuzz.Buffer()
    buffer.add_str(character)
    buffer.guess_segment_properties()
    script: str | None = buffer.script
    return script


@lru_cache(maxsize=8192)
def typeface_for(cluster: str, script: str | None, previous: int | None) -> int | None:
    """The typeface that has every character of a base with its marks; None if there is no such typeface.

    `previous` is that of the text before it, which is taken for signs that belong to no script.
    """
    own = _SCRIPTS.get(script or "")
    preferred = (own, LATIN, previous, HAN) if own is not None else (LATIN, previous, HAN)
    candidates = [index for index in preferred if index is not None]
    candidates += [index for index in range(len(FILES)) if index not in candidates]
    return next((index for index in candidates if all(has(index, character) for character in cluster)), None)


def has(index: int, character: str) -> bool:
    """Whether a typeface can draw a character, or the character is one that is not drawn."""
    if character in JOINERS:
        return True
    return typeface(index).font.get_nominal_glyph(ord(character)) is not None
