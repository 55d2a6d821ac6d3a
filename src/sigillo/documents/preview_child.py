"""What the limited child does for a preview: render one page with PDFium, and write it as a PNG.

PDFium is not safe between threads, and pages come from strangers: each child renders one page and ends. It only
paints: no script, action or form runs.
"""

import json
import struct
import zlib
from pathlib import Path

import pypdfium2

MAX_PIXELS = 16_000_000
FILTER_NONE = b"\0"
NOT_ONE_MORE = 1 - 1e-9
"""PDFium rounds up, so that 400 pixels would become 401 by the last bit of a float."""


def render(request: bytes) -> bytes:
    """From `{"path", "page", "width", "height"}` to a byte that says how it went, followed by the PNG.

    `+` and the picture; `0` where there is no such page; `-` where the document cannot be opened or painted.
    `page` counts from 1. Of `width` and `height`, pixels, the other may be null; the width wins.
    """
    asked = json.loads(request)
    try:
        document = pypdfium2.PdfDocument(Path(asked["path"]), autoclose=True)
        if not 1 <= asked["page"] <= len(document):
            return b"0"
        document.init_forms()  # or signatures, which are fields of a form, would not be seen
        page = document[asked["page"] - 1]
        scale = _scale(page.get_width(), page.get_height(), asked["width"], asked["height"])
        bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=True)
    except pypdfium2.PdfiumError:
        return b"-"
    return b"+" + _png(bitmap.width, bitmap.height, bytes(bitmap.buffer), bitmap.stride, bitmap.n_channels)


def _scale(page_width: float, page_height: float, width: int | None, height: int | None) -> float:
    """How many pixels a point becomes; less than asked for where the page is so long that it would take too many."""
    scale = width / page_width if width else (height or 0) / page_height
    most: float = (MAX_PIXELS / (page_width * page_height)) ** 0.5
    return min(scale, most) * NOT_ONE_MORE


def _png(width: int, height: int, pixels: bytes, stride: int, channels: int) -> bytes:
    """A PNG of 8 bits a channel (RFC 2083): grey, or colours, whichever the bitmap has; fast rather than small."""
    colour = {1: 0, 3: 2}[channels]
    used = width * channels
    rows = b"".join(FILTER_NONE + pixels[start : start + used] for start in range(0, height * stride, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
