"""Pictures as people and attackers hand them in, made with Pillow or byte by byte."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

RED = (200, 16, 16)


def drawn(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (300, 100), **options: Any) -> bytes:
    """A picture of one colour."""
    colour: Any = RED if mode in ("RGB", "RGBA") else 40
    return encoded(Image.new(mode, size, colour), form, **options)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    result = BytesIO()
    image.save(result, form, **options)
    return result.getvalue()


def animated(form: str) -> bytes:
    """Red first, then thirty other colours."""
    frames = [Image.new("RGB", (60, 20), (0, shade * 8, 255)) for shade in range(30)]
    return encoded(Image.new("RGB", (60, 20), RED), form, save_all=True, append_images=frames, lossless=True)


def telling() -> tuple[bytes, bytes]:
    """A PNG and a JPEG that say more than they show, and the JPEG lies on its side."""
    text = PngInfo()
    text.add_text("Author", "a secret author")
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a secret place", 6
    return drawn(pnginfo=text, icc_profile=b"a secret profile"), drawn(
        "JPEG", exif=exif, icc_profile=b"a secret profile"
    )


def noise(side: int) -> bytes:
    """A PNG that no compression makes smaller."""
    return encoded(Image.effect_noise((side, side), 90), "PNG")


def declared(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(999))) + _chunk(b"IEND")


def swollen() -> bytes:
    """A PNG with a comment that unpacks to two hundred megabytes."""
    whole = drawn()
    return whole[:33] + _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)) + whole[33:]


def opened(picture: bytes) -> Image.Image:
    image = Image.open(BytesIO(picture))
    image.load()
    return image


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
