"""What the limited child does with a picture: decode it, make it small enough, encode it anew."""

from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MAX_PIXELS = 25_000_000
SIDES = (1000, 700, 500, 300)
"""The longest side, tried in this order until the result is small enough; a stamp on a page needs no more."""
MAX_RESULT = 1 << 20


def redraw(picture: bytes) -> bytes:
    """The picture as PNG without its metadata; nothing where it is none that is taken."""
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return b""
            drawn = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError):  # what Pillow raises for what it cannot read
        return b""
    for side in SIDES:
        drawn.thumbnail((side, side))
        result = BytesIO()
        drawn.save(result, "PNG", optimize=True)
        if result.tell() <= MAX_RESULT:
            return result.getvalue()
    return b""
