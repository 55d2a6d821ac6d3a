"""Where a visible signature lands: rendered by poppler and MuPDF on pages of every kind."""

import subprocess
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from sigillo.engine.types import Placement
from tests.engine.conftest import Judge, Sign
from tests.support.pdfs import FONT, PAGE_TEXT, one_page, page, pdf, stream
from tests.support.people import NAME
from tests.support.programs import needs

RECT = (30.0, 40.0, 230.0, 110.0)
LINES = (NAME, "Example S.p.A., Roma")
_LINK = b"<</Type/Annot/Subtype/Link/Rect[0 0 1 1]>>"
ROTATIONS = pytest.mark.parametrize("rotate", [0, 90, 180, 270])


def rendered(document: bytes, directory: Path, *, viewer: str = "poppler") -> tuple[int, int, bytes]:
    """Width, height and grey pixels of the first page as displayed, one pixel a point."""
    (directory / "page.pdf").write_bytes(document)
    out = directory / "page.pgm"
    if viewer == "poppler":
        command = ["pdftoppm", "-r", "72", "-gray", "-cropbox", "-singlefile", "page.pdf", "page"]
    else:
        command = ["mutool", "draw", "-q", "-r", "72", "-c", "gray", "-o", "page.pgm", "page.pdf", "1"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    magic, size, _, pixels = out.read_bytes().split(b"\n", 3)
    assert magic == b"P5"
    width, height = (int(number) for number in size.split())
    return width, height, pixels


def corner(image: tuple[int, int, bytes], rect: tuple[float, float, float, float]) -> list[bytes]:
    """The rows of the rectangle, given from the lower left of the page."""
    width, height, pixels = image
    left, bottom, right, top = (round(number) for number in rect)
    return [pixels[row * width + left : row * width + right] for row in range(height - top, height - bottom)]


def ink(rows: list[bytes]) -> int:
    return sum(pixel < 128 for row in rows for pixel in row)


@needs("pdftoppm", "mutool")
@pytest.mark.parametrize("viewer", ["poppler", "mupdf"])
@ROTATIONS
def test_a_stamp_reads_upright_at_the_same_place_however_the_page_is_turned(
    sign: Sign, tmp_path: Path, rotate: int, viewer: str
) -> None:
    boxes = b"/MediaBox[0 0 595 842]/CropBox[20 30 500 780]"
    straight = sign(_blank(boxes), placement=Placement(1, RECT), lines=LINES)
    turned = sign(_blank(boxes + b"/Rotate %d" % rotate), placement=Placement(1, RECT), lines=LINES)
    expected = corner(rendered(straight, tmp_path, viewer=viewer), RECT)
    image = rendered(turned, tmp_path, viewer=viewer)
    found = corner(image, RECT)
    assert ink(found) > 200
    assert _difference(expected, found) < 0.02, "not the same picture: turned, mirrored or moved"
    everything = ink(corner(image, (0, 0, image[0], image[1])))
    assert everything - ink(found) < 20, "there is ink outside of the rectangle"


@needs("pdftoppm")
@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("a crop box away from the origin", b"/MediaBox[-100 -50 800 900]/CropBox[100 200 600 700]"),
        ("a media box away from the origin", b"/MediaBox[1000 2000 1500 2500]"),
        ("corners the other way round", b"/MediaBox[595 842 0 0]"),
        ("a rotation below zero", b"/MediaBox[0 0 595 842]/Rotate -90"),
        ("a rotation beyond the circle", b"/MediaBox[0 0 595 842]/Rotate 450"),
    ],
)
def test_a_stamp_is_inside_its_rectangle_on(sign: Sign, tmp_path: Path, name: str, entries: bytes) -> None:
    signed = sign(_blank(entries), placement=Placement(1, RECT), lines=LINES)
    image = rendered(signed, tmp_path)
    inside = ink(corner(image, RECT))
    assert inside > 200, name
    assert ink(corner(image, (0, 0, image[0], image[1]))) - inside < 20, name


def test_the_user_unit_scales_the_rectangle(sign: Sign) -> None:
    signed = sign(_blank(b"/MediaBox[0 0 300 400]/UserUnit 2"), placement=Placement(1, RECT), lines=LINES)
    with pikepdf.open(BytesIO(signed)) as opened:
        widget = opened.pages[0].Annots[0]
        assert [float(number) for number in widget.Rect] == [15, 20, 115, 55]
        assert [float(number) for number in widget.AP.N.BBox] == [0, 0, 200, 70]


@needs("pdfsig", "certutil", "mutool")
@pytest.mark.parametrize(
    ("name", "entries", "more"),
    [
        ("absent", b"", ()),
        ("null", b"/Annots null", ()),
        ("empty", b"/Annots[]", ()),
        ("direct", b"/Annots[6 0 R]", (_LINK,)),
        ("indirect", b"/Annots 7 0 R", (_LINK, b"[6 0 R]")),
        ("indirect, with a comment", b"/Annots 7 0 R", (_LINK, b"[ 6 0 R % one\n] % two")),
        ("no array", b"/Annots 6 0 R", (_LINK,)),
        ("missing", b"/Annots 99 0 R", ()),
    ],
)
def test_annotations_of_every_shape_keep_what_they_had(
    judge: Judge, sign: Sign, name: str, entries: bytes, more: tuple[bytes, ...]
) -> None:
    signed = sign(one_page(b"/MediaBox[0 0 595 842]" + entries, more=more), placement=Placement(1, RECT))
    (poppler,), (mupdf,) = judge(signed)
    assert poppler.total, name
    assert mupdf.total, name
    with pikepdf.open(BytesIO(signed)) as opened:
        subtypes = [str(annotation.Subtype) for annotation in opened.pages[0].Annots]
        had_link = bool(more) and name != "no array"
        assert subtypes == (["/Link", "/Widget"] if had_link else ["/Widget"]), name
        widget = opened.pages[0].Annots[-1]
        assert widget.F == 132
        assert widget.P.objgen == opened.pages[0].objgen


@needs("pdftoppm")
def test_pages_inherit_box_and_rotation_from_the_tree(sign: Sign, tmp_path: Path) -> None:
    document = pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[6 0 R 7 0 R]/Count 3/MediaBox[0 0 400 300]/Rotate 90>>",
            page(parent=6),
            stream(b""),
            FONT,
            b"<</Type/Pages/Parent 2 0 R/Kids[3 0 R 8 0 R]/Count 2>>",
            page(b"/MediaBox[0 0 200 200]/Rotate 0"),
            page(parent=6),
        ]
    )
    signed = sign(document, placement=Placement(2, (10, 10, 210, 110)), lines=LINES)
    with pikepdf.open(BytesIO(signed)) as opened:
        assert "/Annots" not in opened.pages[0]
        assert [float(number) for number in opened.pages[1].Annots[0].Rect] == [290, 10, 390, 210]
    third = sign(document, placement=Placement(3, (10, 10, 190, 110)), lines=LINES)
    with pikepdf.open(BytesIO(third)) as opened:
        assert [float(number) for number in opened.pages[2].Annots[0].Rect] == [10, 10, 190, 110]


def test_a_large_flat_tree_leads_to_the_right_page(sign: Sign) -> None:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 203))
    pages = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d 500]>>" % (500 + index) for index in range(200)]
    document = pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count 200>>" % kids, *pages])
    signed = sign(document, placement=Placement(150, (0, 0, 40, 40)))
    with pikepdf.open(BytesIO(signed)) as opened:
        assert [index for index, each in enumerate(opened.pages) if "/Annots" in each] == [149]


def test_bytes_of_a_page_that_are_not_changed_are_kept(sign: Sign) -> None:
    entries = b"/MediaBox[0 0 595.27600001 842.]/Odd#20name/caf\xe9 % a comment\n/Big 123456789012345678901234567890"
    signed = sign(one_page(entries))
    increment = signed[len(one_page(entries)) :]
    for kept in (b"595.27600001 842.", b"/Odd#20name", b"/caf\xe9", b"123456789012345678901234567890"):
        assert kept in increment


def _blank(entries: bytes) -> bytes:
    return one_page(entries).replace(PAGE_TEXT, b" " * len(PAGE_TEXT))


def _difference(one: list[bytes], other: list[bytes]) -> float:
    pairs = [(a, b) for first, second in zip(one, other, strict=True) for a, b in zip(first, second, strict=True)]
    return sum(abs(a - b) > 96 for a, b in pairs) / len(pairs)
