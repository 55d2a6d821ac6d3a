"""What the limited child does with a picture: decode it, make it small enough, encode it anew."""

from io import BytesIO

from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MAX_PIXELS = 25_000_000
SIDES = (1000, 700, 500, 300)
"""The longest side, tried in this order until the result is small enough; a stamp on a page needs no more."""
MAX_RESULT = 1 << 20


def redraw(picture: bytes) -> bytes:
    """The picture (of an animation, its first frame) as PNG without its metadata; nothing where it is none."""
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return b""
            small = _in_colours(image)
            small.thumbnail((SIDES[0], SIDES[0]))  # before anything copies it: a JPEG is not even decoded at full size
            drawn = ImageOps.exif_transpose(small).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError):  # what Pillow raises for what it cannot read
        return b""
    drawn.info = {}  # the profile of a camera or scanner would be written out with it
    for side in SIDES:
        drawn.thumbnail((side, side))
        result = BytesIO()
        drawn.save(result, "PNG", optimize=True)
        if result.tell() <= MAX_RESULT:
            return result.getvalue()
    return b""


def _in_colours(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be scaled: no palette, and greys of eight bits.

    Pillow's own conversion of sixteen bits would turn nearly all of them white.
    """
    if image.mode.startswith("I"):
        return image.point(lambda grey: grey / 256).convert("L")
    return image.convert("RGBA") if image.mode in ("1", "P", "PA") else image
