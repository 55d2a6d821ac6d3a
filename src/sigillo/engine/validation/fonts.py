"""Which characters the codes of a font stand for, where that can be told (ISO 32000-2, 9.6.5, 9.10)."""

import re

from fontTools import agl
from pyhanko.pdf_utils import generic

from sigillo.engine.validation.revision import PdfObject, Revision, raw

SYMBOLIC = frozenset({"/Symbol", "/ZapfDingbats"})
BASE_ENCODINGS = {"/WinAnsiEncoding": "cp1252", "/MacRomanEncoding": "mac_roman"}
HEX = rb"<\s*([0-9A-Fa-f]+)\s*>"
BF_CHAR = re.compile(HEX + rb"\s*" + HEX)
BF_RANGE = re.compile(HEX + rb"\s*" + HEX + rb"\s*" + HEX)
BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end(?:bfchar|bfrange)", re.DOTALL)
MAX_RANGE = 65_536


def decode(revision: Revision, font: PdfObject | None, codes: bytes) -> str | None:
    """The text of a string shown in `font`, None where its codes have no certain meaning."""
    if font is None:
        return None
    table = revision.get(font, "/ToUnicode")
    if isinstance(table, generic.StreamObject):
        return _by_table(table.data, codes, 2 if raw(font, "/Subtype") == "/Type0" else 1)
    if raw(font, "/Subtype") not in {"/Type1", "/TrueType"} or revision.get(font, "/BaseFont") in SYMBOLIC:
        return None
    return _by_encoding(revision, revision.get(font, "/Encoding"), codes)


def _by_encoding(revision: Revision, encoding: PdfObject | None, codes: bytes) -> str | None:
    name, differences = encoding, {}
    if isinstance(encoding, generic.DictionaryObject):
        name = revision.get(encoding, "/BaseEncoding")
        differences = _differences(revision, encoding)
    # Without a name the encoding is the font's own, which for Latin text fonts is ASCII as far as it matters.
    base = codes.decode(BASE_ENCODINGS.get(str(name), "cp1252"), errors="replace")
    return "".join(differences.get(code, character) for code, character in zip(codes, base, strict=True))


def _differences(revision: Revision, encoding: PdfObject) -> dict[int, str]:
    found: dict[int, str] = {}
    code = 0
    for element in revision.array(raw(encoding, "/Differences")):
        if isinstance(element, int):
            code = int(element)
        else:
            found[code] = agl.toUnicode(str(element).removeprefix("/"))
            code += 1
    return found


def _by_table(table: bytes, codes: bytes, width: int) -> str | None:
    characters: dict[int, str] = {}
    for kind, block in BLOCK.findall(table):
        if kind == b"bfchar":
            for code, text in BF_CHAR.findall(block):
                characters[int(code, 16)] = _utf16(text)
        else:
            for low, high, text in BF_RANGE.findall(block):
                first = int(text, 16)
                for step in range(min(int(high, 16) - int(low, 16) + 1, MAX_RANGE)):
                    characters[int(low, 16) + step] = _utf16(b"%0*x" % (len(text), first + step))
    found = [characters.get(int.from_bytes(codes[at : at + width], "big")) for at in range(0, len(codes), width)]
    return None if None in found else "".join(filter(None, found))


def _utf16(digits: bytes) -> str:
    return bytes.fromhex(digits.decode("ascii").zfill(4)).decode("utf-16-be", errors="replace")
