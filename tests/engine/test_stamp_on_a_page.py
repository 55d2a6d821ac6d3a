"""Stamps in real files, read by programs that share no code with us: poppler, MuPDF and qpdf."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from sigillo.engine.position import PageGeometry
from sigillo.engine.stamp import StampFont, compose_stamp
from sigillo.engine.types import Rectangle
from tests.support.programs import needs

LINES = ("Signed by Łukasz 王 Ιωάννης العربية", "Example S.p.A., Roma", "2026-10-07 10:15:00 UTC")


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True)
    return done.stdout.decode()


def font_object(pdf: Pdf, font: StampFont) -> pikepdf.Object:
    """Write a stamp's font as ISO 32000-1, 9.7 wants it: the example for any writer."""
    program = Stream(pdf, font.program_deflated, Filter=Name.FlateDecode, Length1=len(font.program))
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name(f"/{font.base_font}"),
        Flags=font.flags,
        FontBBox=Array(font.bounding_box),
        ItalicAngle=font.italic_angle,
        Ascent=font.ascent,
        Descent=font.descent,
        CapHeight=font.cap_height,
        StemV=font.stem_v,
        FontFile2=pdf.make_indirect(program),
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name(f"/{font.base_font}"),
        CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        CIDToGIDMap=Name.Identity,
        W=Array([0, Array(font.widths)]),
    )
    composite = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name(f"/{font.base_font}"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_indirect(Stream(pdf, font.to_unicode)),
    )
    return pdf.make_indirect(composite)


def stamped(path: Path, rect: Rectangle, lines: Sequence[str], **page_entries: object) -> Path:
    """Make a one-page file with a stamp in the rectangle, given on the page as displayed."""
    pdf = Pdf.new()
    page = pdf.add_blank_page(page_size=(400, 300))
    for key, value in page_entries.items():
        page.obj[f"/{key}"] = value
    geometry = PageGeometry.of_page(
        [float(number) for number in page.mediabox],
        [float(number) for number in page.cropbox],
        int(page.obj.get("/Rotate", 0)),
        float(page.obj.get("/UserUnit", 1)),
    )
    width, height = rect[2] - rect[0], rect[3] - rect[1]
    stamp = compose_stamp(lines, width, height)
    form = Stream(
        pdf,
        stamp.content,
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, width, height]),
        Matrix=Array(geometry.upright_matrix(width, height)),
        Resources=Dictionary(Font=Dictionary({f"/{f.resource}": font_object(pdf, f) for f in stamp.fonts})),
    )
    annotation = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Stamp,
        F=4,
        Rect=Array(geometry.to_user_space(rect)),
        AP=Dictionary(N=pdf.make_indirect(form)),
    )
    page.obj.Annots = Array([pdf.make_indirect(annotation)])
    pdf.save(path)
    return path


def read_picture(path: Path) -> tuple[int, int, bytes]:
    """Width, height and grey values of a binary PGM file."""
    content = path.read_bytes()
    header = re.match(rb"P5\s+(?:#.*\n)?(\d+)\s+(\d+)\s+255\s", content)
    assert header is not None
    return int(header[1]), int(header[2]), content[header.end() :]


def poppler_picture(path: Path, dots: int = 72) -> tuple[int, int, bytes]:
    run("pdftoppm", "-cropbox", "-gray", "-singlefile", "-r", str(dots), path, path.with_suffix(""))
    return read_picture(path.with_suffix(".pgm"))


def ink_box(picture: tuple[int, int, bytes]) -> Rectangle:
    """The dots that are not white, in points from the lower left at 72 dots per inch."""
    width, height, grey = picture
    inked = [place for place, value in enumerate(grey) if value < 250]
    columns, rows = [place % width for place in inked], [place // width for place in inked]
    return min(columns), height - 1 - max(rows), max(columns) + 1, height - min(rows)


@needs("qpdf")
def test_the_file_is_sound(tmp_path: Path) -> None:
    assert "No syntax or stream encoding errors" in run(
        "qpdf", "--check", stamped(tmp_path / "a.pdf", (20, 20, 170, 70), LINES)
    )


@needs("pdffonts")
def test_every_font_is_an_embedded_subset_with_unicode(tmp_path: Path) -> None:
    rows = run("pdffonts", stamped(tmp_path / "a.pdf", (20, 20, 170, 70), LINES)).splitlines()[2:]
    assert len(rows) == 3
    for row in rows:
        assert re.search(r"[A-Z]{6}\+\S+ +CID TrueType +Identity-H +yes yes yes", row), row


@needs("pdftotext")
@pytest.mark.parametrize(
    "line",
    [
        "Signed by Łukasz 王 Ιωάννης العربية",
        "العربية محمد",
        "דוד כהן",
        "हस्ताक्षरित: श्री राजेन्द्र",
        "ลงนามโดย สมชาย ใจดี น้ำ",
        "ខ្មែរ កម្ពុជា",
        "မြန်မာ",
        "தமிழ்",
        "署名者: 山田太郎 カタカナ",
        "홍길동 서명",
        "office ffi fi AV To",
    ],
)
def test_the_text_can_be_read_back(tmp_path: Path, line: str) -> None:
    path = stamped(tmp_path / "a.pdf", (20, 20, 380, 70), [line])
    text = re.sub("[\u202a-\u202e\f]", "", run("pdftotext", "-layout", path, "-"))
    assert text.strip() == line


@needs("mutool")
def test_another_reader_finds_the_text(tmp_path: Path) -> None:
    text = run("mutool", "draw", "-q", "-F", "text", stamped(tmp_path / "a.pdf", (20, 20, 380, 70), LINES))
    assert "Signed by Łukasz 王 Ιωάννης" in text
    assert "2026-10-07 10:15:00 UTC" in text


@needs("pdftoppm")
@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90, 450])
@pytest.mark.parametrize("crop", [None, [30, 40, 380, 290]])
def test_it_stands_where_it_was_asked_and_upright(tmp_path: Path, rotate: int, crop: list[int] | None) -> None:
    rect = (20, 30, 170, 80)
    entries: dict[str, object] = {"Rotate": rotate} | ({"CropBox": Array(crop)} if crop else {})
    turned = poppler_picture(stamped(tmp_path / "turned.pdf", rect, LINES, **entries))
    straight = poppler_picture(stamped(tmp_path / "straight.pdf", rect, LINES))
    assert ink_box(turned) == pytest.approx(rect, abs=1)

    def cut(picture: tuple[int, int, bytes]) -> bytes:
        width, height, grey = picture
        rows = range(height - 80, height - 30)
        return b"".join(grey[row * width + 20 : row * width + 170] for row in rows)

    differences = [abs(one - other) for one, other in zip(cut(turned), cut(straight), strict=True)]
    assert sum(differences) / len(differences) < 12, "the same picture, but for anti-aliasing"


@needs("mutool")
@pytest.mark.parametrize("rotate", [0, 90])
def test_points_are_real_on_a_page_with_a_user_unit(tmp_path: Path, rotate: int) -> None:
    path = stamped(tmp_path / "a.pdf", (20, 30, 170, 80), LINES, UserUnit=2, Rotate=rotate)
    picture = tmp_path / "a.pgm"
    run("mutool", "draw", "-q", "-r", "72", "-c", "gray", "-o", picture, path)
    width, height, _ = read_picture(picture)
    assert (width, height) == ((600, 800) if rotate else (800, 600))
    assert ink_box(read_picture(picture)) == pytest.approx((20, 30, 170, 80), abs=1)


@needs("pdftoppm")
@pytest.mark.parametrize("size", [(60, 20), (20, 60), (300, 100), (4, 40), (40, 4)])
def test_nothing_is_painted_outside(tmp_path: Path, size: tuple[int, int]) -> None:
    rect = (30, 40, 30 + size[0], 40 + size[1])
    left, bottom, right, top = ink_box(poppler_picture(stamped(tmp_path / "a.pdf", rect, LINES)))
    assert left >= rect[0] - 1
    assert bottom >= rect[1] - 1
    assert right <= rect[2] + 1
    assert top <= rect[3] + 1
