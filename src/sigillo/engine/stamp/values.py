"""What a composed stamp is: the content of a form XObject and the fonts that it draws with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StampFont:
    """A subset of one typeface, ready to be written as a Type0 font (ISO 32000-1, 9.7.4 and 9.7.6).

    /Encoding is /Identity-H and /CIDToGIDMap is /Identity: a character identifier is a glyph of `program`.
    `widths` are those of the glyphs from 0 on: /W is [0 [widths…]]. The numbers of the descriptor and the widths
    are in thousandths of the font size. `base_font` is different where anything else is, so a writer may know a
    font by it that it has written before.
    """

    resource: str
    """The name in /Resources /Font, without the slash: one for each typeface, the same in every stamp."""
    base_font: str
    """The PostScript name behind its subset tag: of the Type0 font, the CIDFont and the descriptor."""
    program: bytes
    """A TrueType file for /FontFile2; its length is /Length1."""
    program_deflated: bytes
    """The same through /FlateDecode."""
    to_unicode: bytes
    """The CMap for /ToUnicode (ISO 32000-1, 9.10.3)."""
    widths: tuple[float, ...]
    bounding_box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int
    italic_angle: int = 0
    stem_v: int = 80
    flags: int = 4
    """Symbolic: the glyphs are not named after a standard character set (ISO 32000-1, table 123)."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A visible signature: `content` is the stream of a form XObject with the /BBox [0 0 width height].

    Its /Resources hold `fonts` under /Font and nothing else. `width` and `height` are points. `missing` are
    the characters that no bundled typeface has, in order of appearance; each is drawn as U+FFFD.
    """

    content: bytes
    fonts: tuple[StampFont, ...]
    width: float
    height: float
    missing: tuple[str, ...] = ()
