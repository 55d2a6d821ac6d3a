"""Pages as pictures: upright, as large as asked for, kept until they are not asked for, and never a crash."""

import os
import struct
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from sigillo.base.errors import Invalid, NotFound
from sigillo.documents.previews import MAX_SIDE, Previews, Size, render
from tests.support.pages import pdf

DIGEST = "ab" * 32


def size_of(picture: bytes) -> tuple[int, int]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


def rows_of(picture: bytes) -> list[bytes]:
    """The rows of pixels, RGB, of a picture whose rows are not filtered."""
    width, height = size_of(picture)
    start = picture.index(b"IDAT")
    length = struct.unpack(">I", picture[start - 4 : start])[0]
    raw = zlib.decompress(picture[start + 4 : start + 4 + length])
    step = width * 3 + 1
    assert len(raw) == height * step
    return [raw[at + 1 : at + step] for at in range(0, len(raw), step)]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.pdf"
    path.write_bytes(pdf())
    return path


def test_width_wins_and_the_proportion_stays(page: Path) -> None:
    width, height = size_of(render(page, 1, Size(width=400)))
    assert (width, round(height / width, 1)) == (400, round(size_of(render(page, 1, Size(width=800)))[1] / 800, 1))
    assert size_of(render(page, 1, Size(width=None, height=300)))[1] == 300
    assert size_of(render(page, 1, Size(width=400, height=10)))[0] == 400


def test_something_is_painted_on_white(page: Path) -> None:
    rows = rows_of(render(page, 1, Size(width=300)))
    assert rows[0] == b"\xff" * 900
    assert any(set(row) - {255} for row in rows)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_pages_are_upright(tmp_path: Path, rotation: int) -> None:
    path = tmp_path / "rotated.pdf"
    path.write_bytes(pdf(rotate=rotation))
    width, height = size_of(render(path, 1, Size(width=200)))
    assert (height > width) == (rotation % 180 == 0)


@pytest.mark.parametrize("number", [0, 2, 10**6])
def test_pages_that_are_not_there(page: Path, number: int) -> None:
    with pytest.raises(NotFound, match=str(number)):
        render(page, number, Size())


def test_what_cannot_be_painted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_bytes(b"This is a text file named .pdf")
    with pytest.raises(Invalid, match="download"):
        render(path, 1, Size())


def test_a_page_without_end_takes_no_more_pixels_than_there_are(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(pdf(box="0 0 14400 14400"))
    width, height = size_of(render(path, 1, Size(width=None, height=MAX_SIDE)))
    assert width * height <= 16_100_000


def test_a_picture_is_made_once_and_again_after_it_was_trimmed(page: Path, tmp_path: Path) -> None:
    previews, asked = Previews(tmp_path / "cache"), []

    def local(digest: str) -> AbstractContextManager[Path]:
        asked.append(digest)
        return nullcontext(page)

    first = previews.page(DIGEST, 1, Size(width=50), local)
    assert previews.page(DIGEST, 1, Size(width=50), local) == first
    assert asked == [DIGEST]
    other = previews.page(DIGEST, 1, Size(width=60), local)
    kept = sorted((tmp_path / "cache").glob("*/*"))
    assert [path.name for path in kept] == [f"{DIGEST}-1-w50.png", f"{DIGEST}-1-w60.png"]
    os.utime(kept[0], (1, 1))
    assert previews.trim(len(other)) == 1
    assert not kept[0].exists()
    assert previews.page(DIGEST, 1, Size(width=50), local) == first
    assert len(asked) == 3
