"""A picture from outside is drawn anew in a limited child: what comes out is a small PNG, and nothing else."""

import pytest
from PIL import Image

from sigillo.base.errors import Invalid
from sigillo.documents.picture_child import MAX_PIXELS, MAX_RESULT
from sigillo.documents.pictures import redraw
from tests.support.drawings import RED, animated, declared, drawn, encoded, noise, opened, swollen, telling


def _pixel(picture: bytes) -> object:
    image = opened(redraw(picture))
    assert (image.format, image.mode) == ("PNG", "RGBA")
    return image.getpixel((0, 0))


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP"])
def test_each_kind_that_is_taken(form: str) -> None:
    picture = redraw(drawn(form, lossless=True))
    assert (opened(picture).format, opened(picture).size) == ("PNG", (300, 100))
    assert _pixel(picture) == (*RED, 255)


def test_a_jpeg_of_four_colours() -> None:
    assert opened(redraw(drawn("JPEG", "CMYK"))).size == (300, 100)


def test_what_is_not_painted_stays_so() -> None:
    assert _pixel(encoded(Image.new("RGBA", (9, 9), (*RED, 0)), "PNG"))[3] == 0  # type: ignore[index]
    assert _pixel(encoded(Image.new("P", (9, 9), 1), "GIF", transparency=1))[3] == 0  # type: ignore[index]


def test_greys_of_sixteen_bits_are_not_turned_white() -> None:
    assert _pixel(encoded(Image.new("I;16", (9, 9), 0x4000), "PNG")) == (0x40, 0x40, 0x40, 255)


def test_nothing_is_kept_but_what_is_seen() -> None:
    for picture in telling():
        result = redraw(picture)
        assert b"secret" in picture
        assert b"secret" not in result
        assert opened(result).info == {}
    assert opened(result).size == (100, 300)  # the last one lay on its side


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame(form: str) -> None:
    result = redraw(animated(form))
    assert getattr(opened(result), "n_frames", 1) == 1
    assert _pixel(result) == (*RED, 255)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_photograph_is_made_small(form: str) -> None:
    side = int(MAX_PIXELS**0.5)
    large = drawn(form, size=(side, side), lossless=True, method=0, compress_level=1)  # each takes what it knows
    assert opened(redraw(large)).size == (1000, 1000)


def test_what_stays_large_is_made_smaller() -> None:
    result = redraw(noise(1100))
    assert len(result) <= MAX_RESULT
    assert 300 <= opened(result).width < 1000


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
        b"<!doctype html><img src=x>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        drawn("BMP"),
        drawn("TIFF"),
        drawn()[:-40],
        drawn("JPEG")[:200],
        declared(100_000, 100_000),
        declared(5001, 5000),
        swollen(),
    ],
    ids=[
        "nothing",
        "SVG",
        "HTML",
        "PDF",
        "EPS",
        "BMP",
        "TIFF",
        "torn PNG",
        "torn JPEG",
        "bomb",
        "too large",
        "comment",
    ],
)
def test_what_is_not_taken(picture: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        redraw(picture)
    assert refusal.value.code == "not_a_picture"
    assert "PNG, JPEG, GIF or WebP" in refusal.value.message
