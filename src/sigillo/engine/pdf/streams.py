"""Decoding the streams that carry structure: cross-reference and object streams (ISO 32000-2, 7.4).

Page contents, images and fonts are never decoded: signing does not look at them.
"""

import zlib

from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Dictionary, Value

MAX_DECODED = 64 << 20
"""Bytes that one structural stream may decode to; a zip bomb ends here."""


def decode(data: bytes, filters: Value, parameters: Value) -> bytes:
    """Undo the filters of a structural stream, in their order. All references are resolved already.

    Raises Malformed `unknown_filter` for filters that no producer uses here (7.5.7 and 7.5.8 allow any),
    `damaged_stream` for data that does not decode, `oversized_stream` beyond MAX_DECODED.
    """
    names = filters if isinstance(filters, list) else [] if filters is None else [filters]
    options = parameters if isinstance(parameters, list) else [parameters]
    for index, name in enumerate(names):
        option = options[index] if index < len(options) else None
        data = _unfilter(data, name, option if isinstance(option, dict) else {})
    return data


def _unfilter(data: bytes, name: Value, option: Dictionary) -> bytes:
    if name in ("FlateDecode", "Fl"):
        return _unpredict(_inflate(data), option)
    if name in ("ASCIIHexDecode", "AHx"):
        digits = bytes(byte for byte in data.split(b">")[0] if byte in b"0123456789abcdefABCDEF")
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
    if name == "Crypt":
        return data
    raise Malformed("unknown_filter", f"A structural stream uses the filter {str(name)[:40]!r}, not read here.")


def _inflate(data: bytes) -> bytes:
    """Whatever decodes before an error counts, as in the viewers: checksums are often wrong or cut off."""
    decoder = zlib.decompressobj()
    parts: list[bytes] = []
    room = MAX_DECODED + 1
    try:
        parts.append(decoder.decompress(data, room))
    except zlib.error:
        parts = _inflate_slowly(data, room)
    decoded = b"".join(parts)
    if len(decoded) > MAX_DECODED:
        raise Malformed("oversized_stream", f"A structural stream decodes to more than {MAX_DECODED} bytes.")
    if data and not decoded:
        raise Malformed("damaged_stream", "A structural stream does not decode.")
    return decoded


def _inflate_slowly(data: bytes, room: int) -> list[bytes]:
    decoder = zlib.decompressobj()
    parts: list[bytes] = []
    for at in range(0, len(data), 256):
        try:
            parts.append(decoder.decompress(data[at : at + 256], room))
        except zlib.error:
            break
        room -= len(parts[-1])
        if room <= 0:
            break
    return parts


def _unpredict(data: bytes, option: Dictionary) -> bytes:
    """PNG predictors (7.4.4.4); TIFF's does not occur in structural streams."""
    predictor = _whole(option.get("Predictor"), 1)
    if predictor < 10:
        return data
    depth = _whole(option.get("BitsPerComponent"), 8) * _whole(option.get("Colors"), 1)
    step = max(1, depth // 8)
    width = (_whole(option.get("Columns"), 1) * depth + 7) // 8
    if not 0 < width <= 1 << 16:
        raise Malformed("damaged_stream", "A structural stream has a predictor with an impossible width.")
    rows: list[bytes] = []
    above = bytes(width)
    for at in range(0, len(data), width + 1):
        row = data[at + 1 : at + 1 + width].ljust(width, b"\0")
        above = _png_row(data[at], row, above, step)
        rows.append(above)
    return b"".join(rows)


def _whole(value: Value, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default


def _png_row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes([(a + b) & 0xFF for a, b in zip(row, above, strict=True)])
    result = bytearray(row)
    for index in range(len(result)):
        left = result[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        result[index] = (result[index] + _png_guess(kind, left, above[index], corner)) & 0xFF
    return bytes(result)


def _png_guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    if kind == 4:
        estimate = left + up - corner
        return min((left, up, corner), key=lambda near: abs(estimate - near))
    return 0
