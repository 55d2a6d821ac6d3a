"""Forms: which fields a signature locks, which names it takes, and what earlier signatures forbid."""

from collections.abc import Sequence
from io import BytesIO

import pikepdf
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from sigillo.engine.errors import Locked, Unreadable
from tests.engine.conftest import Judge, Sign
from tests.support.pdfs import form, one_page
from tests.support.people import SIGNED_AT, People
from tests.support.programs import needs

BOX = b"/MediaBox[0 0 595 842]"
TEXT_FIELD = b"<</FT/Tx/T(%s)/Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R%s>>"


def with_form(acroform: bytes, more: Sequence[bytes] = ()) -> bytes:
    return one_page(BOX, b"/AcroForm " + acroform, more)


def trusted(document: bytes, people: People, index: int = -1) -> bool:
    """pyHanko's whole verdict on one signature: intact, trusted, and nothing forbidden done afterwards."""
    context = ValidationContext(trust_roots=[x509.Certificate.load(people.root)], moment=SIGNED_AT)
    signature = PdfFileReader(BytesIO(document)).embedded_signatures[index]
    return bool(validate_pdf_signature(signature, context).bottom_line)


def filled(document: bytes, name: str) -> bytes:
    """The document with a text field changed by an ordinary incremental update."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if field.get("/T") == name:
            field["/V"] = generic.pdf_string("after")
            writer.update_container(field)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def test_a_signature_locks_every_other_field_by_name(sign: Sign) -> None:
    signed = sign(form())
    with pikepdf.open(BytesIO(signed)) as pdf:
        field = pdf.Root.AcroForm.Fields[-1]
        (reference,) = field.V.Reference
        assert field.Lock.is_indirect
        for rule in (field.Lock, reference.TransformParams):
            assert rule.Action == "/Include"
            assert [str(name) for name in rule.Fields] == ["Given name", "Family name"]
        assert reference.TransformMethod == "/FieldMDP"
        assert reference.Data.objgen == pdf.Root.objgen


def test_a_later_fill_is_no_longer_accepted(people: People, sign: Sign) -> None:
    signed = sign(form())
    assert trusted(signed, people)
    assert not trusted(filled(signed, "Given name"), people)


def test_pyhanko_trusts_three_in_a_row_with_their_locks(people: People, sign: Sign) -> None:
    document = form()
    for signer in (people.ec, people.third, people.ec):
        document = sign(document, signer)
    assert [trusted(document, people, index) for index in range(3)] == [True, True, True]


@needs("pdfsig", "certutil", "mutool")
@pytest.mark.parametrize(
    ("acroform", "more", "names"),
    [
        (b"<<>>", (), []),
        (b"null", (), []),
        (b"99 0 R", (), []),
        (b"[1 2 3]", (), []),
        (b"<</DA(/F1 0 Tf)>>", (), []),
        (b"<</Fields null/DA(/F1 0 Tf)>>", (), []),
        (b"<</Fields[6 0 R]>>", (TEXT_FIELD % (b"one", b""),), ["one"]),
        (b"<</Fields 7 0 R>>", (TEXT_FIELD % (b"one", b""), b"[6 0 R]"), ["one"]),
        (
            b"8 0 R",
            (TEXT_FIELD % (b"one", b""), b"[6 0 R]", b"<</Fields 7 0 R/SigFlags 1>>"),
            ["one"],
        ),
        (b"<</Fields[98 0 R null 6 0 R]>>", (TEXT_FIELD % (b"one", b""),), ["one"]),
        (b"<</Fields[<</FT/Tx/T(direct)>>]>>", (), ["direct"]),
        (
            b"<</Fields[6 0 R]>>",
            (
                b"<</T(address)/FT/Tx/Kids[7 0 R 8 0 R]>>",
                b"<</T(city)/Parent 6 0 R/Kids[9 0 R]>>",
                b"<</T<feff004f00e9>/Parent 6 0 R>>",
                b"<</Type/Annot/Subtype/Widget/Parent 7 0 R/Rect[0 0 1 1]>>",
            ),
            ["address.city", "address.Oé"],
        ),
    ],
    ids=[
        "empty",
        "null",
        "missing object",
        "an array instead",
        "direct, without fields",
        "direct, fields null",
        "direct, direct fields",
        "direct, indirect fields",
        "indirect, indirect fields",
        "a field that is missing",
        "a field that stands directly",
        "a hierarchy with inherited types",
    ],
)
def test_forms_of_every_shape(
    judge: Judge, sign: Sign, acroform: bytes, more: Sequence[bytes], names: list[str]
) -> None:
    signed = sign(with_form(acroform, more))
    (poppler,), (mupdf,) = judge(signed)
    assert poppler.total
    assert poppler.field_name == "Signature1"
    assert mupdf.total
    with pikepdf.open(BytesIO(signed)) as pdf:
        field = pdf.Root.AcroForm.Fields[-1]
        locked = [str(each) for each in field.Lock.Fields] if "/Lock" in field else []
        assert locked == names
        if b"/DA" in acroform:
            assert pdf.Root.AcroForm.DA == "/F1 0 Tf"


@pytest.mark.parametrize(
    "fields",
    [
        (b"<</T(loop)/Kids[6 0 R 7 0 R]>>", b"<</T(end)>>"),
        (b"<</T(loop)/FT/Tx/Kids[7 0 R]>>", b"<</T(end)/Kids[6 0 R]>>"),
    ],
)
def test_a_field_that_contains_itself_is_refused(sign: Sign, fields: Sequence[bytes]) -> None:
    with pytest.raises(Unreadable) as refused:
        sign(with_form(b"<</Fields[6 0 R]>>", fields))
    assert refused.value.code == "looping_fields"


@needs("pdfsig", "certutil", "mutool")
def test_a_field_that_is_listed_twice_is_locked_once(judge: Judge, sign: Sign) -> None:
    signed = sign(with_form(b"<</Fields[6 0 R 6 0 R]>>", (TEXT_FIELD % (b"one", b""),)))
    (poppler,), (mupdf,) = judge(signed)
    assert poppler.total
    assert mupdf.total
    assert signed.count(b"/Fields [(one)]") == 2


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((TEXT_FIELD % (b"Signature1", b""),), "Signature2"),
        ((b"<</T(Signature1)/Kids[7 0 R]>>", TEXT_FIELD % (b"x", b"/Parent 6 0 R")), "Signature2"),
        ((b"<</T(Signature2)/FT/Sig>>",), "Signature1"),
        ((TEXT_FIELD % (b"\xfe\xff\0S\0i\0g\0n\0a\0t\0u\0r\0e\x001", b""),), "Signature2"),
    ],
)
def test_a_free_name_is_found_beside_what_is_there(sign: Sign, fields: Sequence[bytes], expected: str) -> None:
    signed = sign(with_form(b"<</Fields[6 0 R]>>", fields))
    with pikepdf.open(BytesIO(signed)) as pdf:
        assert str(pdf.Root.AcroForm.Fields[-1].T) == expected


def earlier(reference: bytes, field_entries: bytes = b"", permissions: bytes = b"") -> bytes:
    """A document with a signature (of no value) that carries the given rules."""
    signature = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>"
        b"/Reference[%s]>>" % reference
    )
    field = b"<</FT/Sig/T(Old)/V 7 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]%s>>" % field_entries
    catalog = b"/AcroForm<</Fields[6 0 R]/SigFlags 3>>" + permissions
    return one_page(BOX, catalog, [field, signature])


def transform(method: bytes, parameters: bytes) -> bytes:
    return b"<</Type/SigRef/TransformMethod/%s/TransformParams<<%s>>>>" % (method, parameters)


PERMITTED = b"/Perms<</DocMDP 7 0 R>>"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (earlier(transform(b"DocMDP", b"/P 1"), permissions=PERMITTED), "certified_without_changes"),
        (earlier(transform(b"FieldMDP", b"/Action/All")), "fields_locked"),
        (earlier(transform(b"FieldMDP", b"/Action/Exclude/Fields[(Amount)]")), "fields_locked"),
        (earlier(b"", b"/Lock<</Action/All>>"), "fields_locked"),
        (earlier(b"", b"/Lock<</Action/Include/Fields[(Amount)]/P 1>>"), "certified_without_changes"),
    ],
    ids=["certified, P 1", "all locked", "all but one locked", "lock of the field", "lock with P 1"],
)
def test_what_earlier_signatures_forbid_is_not_done(sign: Sign, document: bytes, code: str) -> None:
    with pytest.raises(Locked) as refused:
        sign(document)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "document",
    [
        earlier(transform(b"DocMDP", b"/P 2"), permissions=PERMITTED),
        earlier(transform(b"DocMDP", b"/P 3"), permissions=PERMITTED),
        earlier(transform(b"DocMDP", b""), permissions=PERMITTED),
        earlier(transform(b"FieldMDP", b"/Action/Include/Fields[(Amount)]")),
    ],
    ids=["certified, P 2", "certified, P 3", "certified, default", "one field locked"],
)
def test_what_earlier_signatures_allow_is_done(sign: Sign, document: bytes) -> None:
    assert sign(document).startswith(document)


def test_a_name_that_is_locked_is_not_taken(sign: Sign) -> None:
    document = earlier(transform(b"FieldMDP", b"/Action/Include/Fields[(Signature1)(Signature2)]"))
    with pikepdf.open(BytesIO(sign(document))) as pdf:
        assert str(pdf.Root.AcroForm.Fields[-1].T) == "Signature3"
    with pytest.raises(Locked):
        sign(document, field_name="Signature1")


def test_the_one_name_that_is_not_locked_is_taken(sign: Sign) -> None:
    document = earlier(transform(b"FieldMDP", b"/Action/Exclude/Fields[(Countersignature)]"))
    signed = sign(document, field_name="Countersignature")
    assert signed.startswith(document)
