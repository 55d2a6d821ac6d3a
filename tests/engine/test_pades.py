"""Signatures before judges that share no code with us: pdfsig, mutool and OpenSSL."""

import mmap
import re
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from sigillo.engine.cms import CmsTemplate
from sigillo.engine.errors import Unplaceable
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest
from tests.engine.conftest import Judge, Sign
from tests.support.judges import newest_signature, openssl_cms
from tests.support.pdfs import form, one_page
from tests.support.people import NAME, SIGNED_AT, People
from tests.support.programs import needs

PLACE = Placement(1, (72, 72, 322, 152))
needs_viewers = needs("pdfsig", "certutil", "mutool")


@needs_viewers
@needs("openssl")
@pytest.mark.parametrize("who", ["rsa", "ec"])
@pytest.mark.parametrize("place", [None, PLACE], ids=["invisible", "visible"])
def test_three_judges_accept_a_signature(
    people: People, judge: Judge, tmp_path: Path, who: str, place: Placement | None
) -> None:
    document = one_page()
    request = SignatureRequest(place, (NAME, "2026-05-05"))
    made = sign_pdf(document, getattr(people, who), request, signed_at=SIGNED_AT)
    signed = document + made.increment
    (poppler,), (mupdf,) = judge(signed)
    assert poppler.valid
    assert poppler.trusted
    assert poppler.total
    assert "ETSI.CAdES.detached" in poppler.text
    assert "SHA-256" in poppler.text
    assert mupdf.total
    assert openssl_cms(signed, people.root, tmp_path)
    assert made.digest == sha256(newest_signature(signed)[1]).digest()
    assert made.path == "fast"


@needs_viewers
@needs("openssl")
@pytest.mark.parametrize("part", ["original", "increment", "cms"])
def test_a_flipped_bit_fails_before_all_judges(
    people: People, judge: Judge, sign: Sign, tmp_path: Path, part: str
) -> None:
    document = one_page()
    signed = bytearray(sign(document, people.rsa))
    cms_at = signed.index(newest_signature(bytes(signed))[0].hex().encode())
    at = {
        "original": signed.index(b"Agreement") + 3,
        "increment": signed.index(b"D:2026") + 6,
        "cms": cms_at + 2 * CmsTemplate.for_signer(people.rsa).max_size - 9,
    }[part]
    if part == "cms":
        signed[at : at + 1] = b"%x" % (int(signed[at : at + 1], 16) ^ 1)
    else:
        signed[at] ^= 1
    (poppler,), (mupdf,) = judge(bytes(signed))
    assert not poppler.valid
    assert not mupdf.valid
    assert not openssl_cms(bytes(signed), people.root, tmp_path)


@needs_viewers
def test_three_people_sign_one_after_another(people: People, judge: Judge, sign: Sign) -> None:
    document = form()
    for number, signer in enumerate((people.rsa, people.ec, people.third)):
        place = Placement(1, (50, 50 + 90 * number, 250, 130 + 90 * number))
        document = sign(document, signer, placement=place, lines=("Signed",))
    poppler, mupdf = judge(document)
    assert [verdict.field_name for verdict in poppler] == ["Signature1", "Signature2", "Signature3"]
    assert [verdict.valid for verdict in poppler] == [True, True, True]
    assert [verdict.trusted for verdict in poppler] == [True, True, True]
    assert [verdict.total for verdict in poppler] == [False, False, True]
    assert [verdict.valid for verdict in mupdf] == [True, True, True]
    assert [verdict.total for verdict in mupdf] == [False, False, True]


def test_the_signature_dictionary_says_what_was_asked(sign: Sign) -> None:
    signed = sign(one_page(), reason="Approvazione €", name=NAME, location="Zürich (CH)")
    with pikepdf.open(BytesIO(signed)) as pdf:
        signature = pdf.Root.AcroForm.Fields[0].V
        assert str(signature.Reason) == "Approvazione €"
        assert str(signature.Name) == NAME
        assert str(signature.Location) == "Zürich (CH)"
        assert str(signature.M) == "D:20260505093000Z"
        assert signature.Filter == "/Adobe.PPKLite"
        assert signature.SubFilter == "/ETSI.CAdES.detached"
        assert "/Reference" not in signature, "without other fields there is no lock"
        assert "/Lock" not in pdf.Root.AcroForm.Fields[0]
        assert pdf.Root.AcroForm.SigFlags == 3


def test_the_time_is_written_in_utc(people: People) -> None:
    moment = datetime(2026, 5, 5, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    made = sign_pdf(one_page(), people.ec, SignatureRequest(), signed_at=moment)
    assert b"/M (D:20260504230000Z)" in made.increment
    with pytest.raises(ValueError, match="aware"):
        sign_pdf(one_page(), people.ec, SignatureRequest(), signed_at=moment.replace(tzinfo=None))


def test_the_gap_is_exactly_the_contents(sign: Sign, people: People) -> None:
    signed = sign(one_page(), people.rsa)
    (found,) = re.findall(rb"/ByteRange ?\[0 (\d+) (\d+) (\d+)\] *", signed)
    first, second, rest = (int(number) for number in found)
    assert signed[first : first + 1] == b"<"
    assert signed[second - 1 : second] == b">"
    assert second + rest == len(signed)
    assert second - first == 2 * CmsTemplate.for_signer(people.rsa).max_size + 2


def test_equal_input_gives_an_equal_increment(people: People) -> None:
    request = SignatureRequest(PLACE, ("Signed",))
    one, other = (sign_pdf(one_page(), people.rsa, request, signed_at=SIGNED_AT) for _ in range(2))
    assert one == other


def test_a_memory_map_signs_like_bytes(people: People, tmp_path: Path) -> None:
    file = tmp_path / "document.pdf"
    file.write_bytes(form())
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        from_map = sign_pdf(mapped, people.rsa, SignatureRequest(PLACE, ("a",)), signed_at=SIGNED_AT)
    from_bytes = sign_pdf(form(), people.rsa, SignatureRequest(PLACE, ("a",)), signed_at=SIGNED_AT)
    assert from_map == from_bytes


@pytest.mark.parametrize("name", ["Signature1", "Given name", "", "a.b"])
def test_a_field_name_that_cannot_be_had_is_refused(sign: Sign, name: str) -> None:
    document = sign(form())
    with pytest.raises(Unplaceable) as refused:
        sign(document, field_name=name)
    assert refused.value.code in {"field_name_taken", "field_name_invalid"}


@needs_viewers
def test_a_field_name_of_any_script_is_taken(judge: Judge, sign: Sign) -> None:
    (poppler,), _ = judge(sign(one_page(), field_name="Υπογραφή"))
    assert poppler.valid
    with pikepdf.open(BytesIO(sign(one_page(), field_name="Υπογραφή"))) as pdf:
        assert str(pdf.Root.AcroForm.Fields[0].T) == "Υπογραφή"


@pytest.mark.parametrize("page", [0, 2, -1, 10**9])
def test_a_page_that_is_not_there_is_refused(sign: Sign, page: int) -> None:
    with pytest.raises(Unplaceable) as refused:
        sign(one_page(), placement=Placement(page, (0, 0, 10, 10)))
    assert refused.value.code == "page_missing"


def test_a_rectangle_off_the_page_is_refused(sign: Sign) -> None:
    with pytest.raises(Unplaceable) as refused:
        sign(one_page(), placement=Placement(1, (500, 0, 700, 10)))
    assert refused.value.code == "position_off_page"


def test_signing_leaves_no_trace_of_the_present(people: People) -> None:
    long_ago = datetime(1999, 12, 31, tzinfo=UTC)
    made = sign_pdf(one_page(), people.ec, SignatureRequest(), signed_at=long_ago)
    assert set(re.findall(rb"D:(\d{4})", made.increment)) == {b"1999"}
