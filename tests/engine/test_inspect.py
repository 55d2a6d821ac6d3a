"""Intake: what a document is found to be, what is refused at once, and what people are warned of."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from sigillo.engine.errors import Locked, Protected, Unplaceable, Unreadable
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.types import Placement
from tests.engine.conftest import Sign
from tests.support.pdfs import FONT, form, many_pages, one_page, stream

BOX = b"/MediaBox[0 0 595 842]"
SOMEWHERE = (10.0, 10.0, 110.0, 60.0)


def test_it_tells_pages_sizes_signatures_and_bytes(sign: Sign) -> None:
    document = sign(sign(many_pages(7, 100)))
    found = inspect_pdf(document, [Placement(7, SOMEWHERE), Placement(1, SOMEWHERE)])
    assert found.pages == 7
    assert found.sizes == ((595, 842), (595, 842))
    assert found.signatures == 2
    assert found.warnings == ()
    assert found.size == len(document)


def test_sizes_are_those_of_the_page_as_displayed() -> None:
    document = one_page(b"/MediaBox[0 0 600 800]/CropBox[100 100 400 500]/Rotate 90/UserUnit 2")
    assert inspect_pdf(document, [Placement(1, SOMEWHERE)]).sizes == ((800, 600),)


@pytest.mark.parametrize(
    ("document", "refusal", "code"),
    [
        (b"Dear customer\n" * 99, Unreadable, "not_a_pdf"),
        (b"\n" + one_page(), Unreadable, "leading_bytes"),
        (one_page()[:100], Unreadable, "no_pages"),
    ],
)
def test_what_cannot_be_signed_is_refused_at_intake(document: bytes, refusal: type[Exception], code: str) -> None:
    with pytest.raises(refusal) as refused:
        inspect_pdf(document)
    assert getattr(refused.value, "code", "") == code


def test_a_password_is_asked_for_by_name() -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(one_page())) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(Protected) as refused:
        inspect_pdf(out.getvalue())
    assert refused.value.code == "password_needed"


@pytest.mark.parametrize(
    ("placement", "code"),
    [
        (Placement(2, SOMEWHERE), "page_missing"),
        (Placement(0, SOMEWHERE), "page_missing"),
        (Placement(1, (500, 10, 700, 60)), "position_off_page"),
    ],
)
def test_a_place_that_is_not_there_is_refused(placement: Placement, code: str) -> None:
    with pytest.raises(Unplaceable) as refused:
        inspect_pdf(one_page(BOX), [Placement(1, SOMEWHERE), placement])
    assert refused.value.code == code


def test_a_certified_document_that_allows_no_change_is_refused() -> None:
    reference = b"<</TransformMethod/DocMDP/TransformParams<</P 1>>>>"
    signature = b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>/Reference[%s]>>" % reference
    document = one_page(BOX, b"/Perms<</DocMDP 6 0 R>>", [signature])
    with pytest.raises(Locked) as refused:
        inspect_pdf(document)
    assert refused.value.code == "certified_without_changes"


XFA = b"/AcroForm<</XFA[(template)6 0 R]/Fields[%s]>>"
TEXT = b"<</FT/Tx/T(name)/V(x)>>"


@pytest.mark.parametrize(
    "catalog",
    [XFA % b"", (XFA % b"7 0 R") + b"/NeedsRendering true"],
    ids=["no other field", "needs rendering"],
)
def test_a_form_that_only_xfa_describes_is_refused(catalog: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        inspect_pdf(one_page(BOX, catalog, [stream(b"<xdp/>"), TEXT]))
    assert refused.value.code == "pure_xfa"


SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"


@pytest.mark.parametrize(
    ("document", "warnings"),
    [
        (one_page(BOX, b"/OpenAction 6 0 R", [SCRIPT]), ("javascript",)),
        (one_page(BOX, b"/Names<</JavaScript<</Names[(a)6 0 R]>>>>", [SCRIPT]), ("javascript",)),
        (one_page(BOX + b"/AA<</O<</S/J#61vaScript/J#53(1)>>>>"), ("javascript",)),
        (one_page(BOX + b"/Annots[<</Type/Annot/Subtype/Link/A<</S/Launch/F(x)>>>>]"), ("launch_action",)),
        (one_page(BOX, XFA % b"7 0 R", [stream(b"<xdp/>"), TEXT]), ("hybrid_xfa",)),
        (one_page(BOX, b"/OpenAction 6 0 R/AA<</WC<</S/Launch>>>>", [SCRIPT]), ("javascript", "launch_action")),
        (one_page(BOX, b"/Lang(JavaScript)/A#20B/C"), ()),
        (one_page(BOX, more=[stream(b"/JavaScript /Launch")]), ()),
    ],
)
def test_warnings_name_what_a_viewer_might_do(document: bytes, warnings: tuple[str, ...]) -> None:
    assert inspect_pdf(document).warnings == warnings


def test_scripts_in_object_streams_and_ciphered_files_are_found() -> None:
    plain = one_page(BOX, b"/OpenAction 6 0 R", [SCRIPT])
    for encryption in (False, pikepdf.Encryption(owner="o", user="", R=6)):
        out = BytesIO()
        with pikepdf.open(BytesIO(plain)) as opened:
            mode = pikepdf.ObjectStreamMode.generate
            opened.save(out, object_stream_mode=mode, encryption=encryption)
        assert b"/JavaScript" not in out.getvalue()
        assert inspect_pdf(out.getvalue()).warnings == ("javascript",)


def text_field(value: bytes, drawn: bytes, entries: bytes = b"", font: bytes = b"5 0 R") -> bytes:
    """A form whose one field holds `value` and whose appearance draws `drawn`."""
    appearance = stream(
        b"/Tx BMC q BT /F1 12 Tf 2 4 Td %s ET Q EMC" % drawn,
        b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F1 %s>>>>" % font,
    )
    field = b"<</FT/Tx/T(amount)/V%s/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/AP<</N 7 0 R>>%s>>"
    embedded = b"<</Type/Font/Subtype/Type0/Encoding/Identity-H>>"
    return one_page(BOX, b"/AcroForm<</Fields[6 0 R]>>", [field % (value, entries), appearance, embedded, FONT])


@pytest.mark.parametrize(
    ("document", "warned"),
    [
        (text_field(b"(100 euro)", b"(9.000 euro) Tj"), True),
        (text_field(b"(100 euro)", b"[(9.0) -20 (00 euro)] TJ"), True),
        (text_field(b"<feff00310030003000200065>", b"(nothing) Tj"), True),
        (text_field(b"(100 euro)", b"(100 euro) Tj"), False),
        (text_field(b"(100 euro)", b"(100) Tj 0 -14 Td (euro) Tj"), False),
        (text_field(b"(a long text that scrolls)", b"(text that) Tj"), False),
        (text_field(b"(1234.5)", b"(1,234.5) Tj"), False),
        (text_field(b"()", b"(placeholder) Tj"), False),
        (text_field(b"(secret)", b"(******) Tj", b"/Ff 8192"), False),
        (text_field(b"(0.5)", b"(50 %) Tj", b"/AA<</F<</S/Named>>>>"), False),
        (text_field(b"(100 euro)", b"<00120013> Tj", font=b"8 0 R"), False),
        (text_field(b"(100 euro)", b"(9.000) Tj", b"/F 2"), False),
    ],
    ids=[
        "another amount",
        "another amount in pieces",
        "another text than in Unicode",
        "the same",
        "the same in two lines",
        "a part of it",
        "grouped digits",
        "an empty value",
        "a password",
        "formatted by a script",
        "glyph numbers that say nothing",
        "a hidden widget",
    ],
)
def test_a_field_that_shows_one_text_and_holds_another_is_warned_of(document: bytes, warned: bool) -> None:
    assert inspect_pdf(document).warnings == (("shadow_replace",) if warned else ())


def test_an_ordinary_form_is_not_warned_of() -> None:
    assert inspect_pdf(form()).warnings == ()


def test_it_is_light_to_import() -> None:
    """It runs in a child process for each document: pyHanko and the fonts would cost half a second each time."""
    program = "import sys, sigillo.engine.inspect; print('\\n'.join(sys.modules))"
    source = Path(inspect_pdf.__code__.co_filename).parents[2]
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(source)}
    ).stdout.split()
    heavy = ("pyhanko", "asn1crypto", "cryptography", "fontTools", "uharfbuzz", "django", "ssl", "asyncio")
    assert [name for name in loaded if name.partition(".")[0] in heavy] == []
