"""Files of every kind: encrypted, packed, hybrid, damaged. Each is signed so that both viewers find it, or refused."""

import random
import re
import time
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal

import pikepdf
import pytest
from pikepdf import Encryption, ObjectStreamMode

from sigillo.engine.errors import EngineError, Protected, Unreadable
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest
from tests.engine.conftest import Judge, Sign
from tests.support.pdfs import form, many_pages, one_page, pdf
from tests.support.people import SIGNED_AT, People
from tests.support.programs import needs

VISIBLE = {"placement": Placement(1, (72, 72, 272, 142)), "lines": ("Signed",), "reason": "Σύμβαση"}
needs_viewers = needs("pdfsig", "certutil", "mutool")


def saved(document: bytes, **options: Any) -> bytes:
    """The document as qpdf writes it with these options."""
    out = BytesIO()
    with pikepdf.open(BytesIO(document)) as opened:
        opened.save(out, **options)
    return out.getvalue()


def accepted(judge: Judge, sign: Sign, people: People, document: bytes) -> bytes:
    """Two people sign; both viewers find both valid, and the second total."""
    for signer in (people.ec, people.third):
        document = sign(document, signer, **VISIBLE)
    poppler, mupdf = judge(document)
    assert [(verdict.valid, verdict.total) for verdict in poppler] == [(True, False), (True, True)]
    assert [(verdict.valid, verdict.total) for verdict in mupdf] == [(True, False), (True, True)]
    return document


@needs_viewers
@pytest.mark.filterwarnings("ignore:Encryption R=5")
@pytest.mark.parametrize("packed", [False, True], ids=["plain objects", "object streams"])
@pytest.mark.parametrize("cipher", [(2, False), (3, False), (4, False), (4, True), (5, True), (6, True)], ids=str)
def test_an_empty_user_password_is_opened_and_signed(
    judge: Judge, sign: Sign, people: People, cipher: tuple[Literal[2, 3, 4, 5, 6], bool], packed: bool
) -> None:
    revision, aes = cipher
    document = saved(
        form(),
        encryption=Encryption(owner="owner", user="", R=revision, aes=aes, metadata=aes),
        object_stream_mode=ObjectStreamMode.generate if packed else ObjectStreamMode.disable,
    )
    signed = accepted(judge, sign, people, document)
    assert "Σύμβαση".encode("utf-16-be") not in signed, "strings of an encrypted document are ciphered"
    with pikepdf.open(BytesIO(signed)) as opened:
        signature = opened.Root.AcroForm.Fields[-1]
        assert str(signature.V.Reason) == "Σύμβαση"
        assert [str(name) for name in signature.Lock.Fields] == ["Given name", "Family name"]
        assert str(opened.Root.AcroForm.Fields[0].V) == "before"


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_a_user_password_is_a_refusal_of_its_own(sign: Sign, revision: Literal[3, 4, 6]) -> None:
    encryption = Encryption(owner="owner", user="secret", R=revision, aes=revision > 3, metadata=revision > 3)
    with pytest.raises(Protected) as refused:
        sign(saved(one_page(), encryption=encryption))
    assert refused.value.code == "password_needed"
    assert "password" in refused.value.message


@needs_viewers
@pytest.mark.parametrize(
    "options",
    [
        {"object_stream_mode": ObjectStreamMode.generate},
        {"linearize": True},
        {"linearize": True, "object_stream_mode": ObjectStreamMode.generate},
    ],
    ids=["object streams", "linearized", "linearized with object streams"],
)
def test_files_of_every_make_are_signed(judge: Judge, sign: Sign, people: People, options: dict[str, Any]) -> None:
    accepted(judge, sign, people, saved(form(), **options))


def hybrid() -> bytes:
    """A file whose field hides in an object stream that only the XRefStm knows (ISO 32000-2, 7.5.8.4)."""
    document = form(("hidden",))
    holder = b"7 0 " + re.search(rb"7 0 obj\n(.*?)\nendobj", document, re.DOTALL)[1]  # type: ignore[index]
    body = document[: document.index(b"7 0 obj")]
    packed_at = len(body)
    body += b"8 0 obj\n<</Type/ObjStm/N 1/First 4/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        len(holder),
        holder,
    )
    hidden_at = len(body)
    row = b"\x02" + (8).to_bytes(4, "big") + b"\0"
    body += b"9 0 obj\n<</Type/XRef/W[1 4 1]/Index[7 1]/Size 10/Length 6>>\nstream\n%s\nendstream\nendobj\n" % row
    start = len(body)
    offsets = {int(found[1]): found.start() for found in re.finditer(rb"(?<!\d)(\d) 0 obj", body)}
    lines = [b"0000000000 65535 f\r\n"]
    lines += [
        b"0000000000 00000 f\r\n" if number == 7 else b"%010d 00000 n\r\n" % offsets[number] for number in range(1, 10)
    ]
    assert offsets[8] == packed_at
    table = b"xref\n0 10\n" + b"".join(lines)
    trailer = b"trailer\n<</Size 10/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (hidden_at, start)
    return body + table + trailer


@needs_viewers
def test_a_hybrid_file_is_signed_with_what_it_hides(judge: Judge, sign: Sign, people: People) -> None:
    signed = accepted(judge, sign, people, hybrid())
    with pikepdf.open(BytesIO(signed)) as opened:
        assert [str(name) for name in opened.Root.AcroForm.Fields[-1].Lock.Fields] == ["hidden"]


def damaged(change: Callable[[bytes], bytes]) -> bytes:
    """A form that a producer or a transfer has damaged."""
    return change(form())


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "startxref points nowhere": lambda data: re.sub(rb"startxref\n\d+", b"startxref\n99999999", data),
    "startxref points elsewhere": lambda data: re.sub(rb"startxref\n\d+", b"startxref\n33", data),
    "no startxref": lambda data: data[: data.index(b"startxref")],
    "no cross-reference at all": lambda data: data[: data.index(b"xref\n0 ")] + b"trailer<</Root 1 0 R>>",
    "all offsets wrong": lambda data: data.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%inserted\n"),
    "one offset wrong": lambda data: re.sub(rb"(?m)^0000000\d{3}( 00000 n)", rb"0000000012\1", data, count=1),
    "table starts at one": lambda data: data.replace(b"xref\n0 9\n", b"xref\n1 9\n"),
    "entries of 19 bytes": lambda data: data.replace(b" n \n", b" n\n").replace(b" f \n", b" f\n"),
    "size too small": lambda data: data.replace(b"/Size 9", b"/Size 3"),
    "size too large": lambda data: data.replace(b"/Size 9", b"/Size 999999"),
    "generations wrong in the table": lambda data: data.replace(b" 00000 n", b" 00007 n"),
    "the page has another generation": lambda data: data.replace(b"3 0 obj", b"3 1 obj"),
    "zeros after the end": lambda data: data + bytes(700),
    "a web page after the end": lambda data: data + b"\n<!-- served by a proxy -->" * 90,
    "the previous section is missing": lambda data: data.replace(b"/Root 1 0 R", b"/Prev 7/Root 1 0 R"),
    "the previous section is itself": lambda data: re.sub(
        rb"/Root 1 0 R(.*startxref\n)(\d+)", rb"/Prev \2/Root 1 0 R\1\2", data, flags=re.DOTALL
    ),
    "a dictionary is not closed": lambda data: data.replace(b"/Kids[3 0 R]/Count 1>>", b"/Kids[3 0 R]/Count 1"),
    "the count of pages is wrong": lambda data: data.replace(b"/Count 1", b"/Count 7"),
    "the last line is not ended": lambda data: data.rstrip(b"\n"),
}


@needs_viewers
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_signed_so_that_both_viewers_find_it(
    judge: Judge, sign: Sign, people: People, damage: str
) -> None:
    document = damaged(DAMAGES[damage])
    assert document != form()
    accepted(judge, sign, people, document)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "not_a_pdf"),
        (b"Dear customer, this is no PDF at all.\n" * 40, "not_a_pdf"),
        (b"<html><body>%PDF</body></html>", "not_a_pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + one_page(), "leading_bytes"),
        (b"%PDF-1.7\n", "no_catalog"),
        (one_page()[:120], "no_pages"),
        (pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), "no_pages"),
        (pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]), "looping_pages"),
        (pdf([b"2 0 R", b"1 0 R"]), "looping_reference"),
        (one_page(catalog_entries=b"/X" + b"[" * 5000 + b"]" * 5000), "no_catalog"),
    ],
)
def test_what_is_beyond_repair_is_refused_by_name(sign: Sign, document: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        sign(document)
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    "document",
    [
        b"%PDF-1.7\n" + b"1 0 obj\n<</A(" * 20_000,
        b"%PDF-1.7\n" + b"1 0 obj<</Length 9>>stream\n" * 20_000,
        b"%PDF-1.7\nxref\n0 8388607\n" + b"0000000000 65535 f \n" * 2000 + b"startxref\n9\n%%EOF",
        b"%PDF-1.7\n" + b"1 " * 300_000 + b"startxref\n9\n%%EOF",
        b"%PDF-1.7\n" + b"<<" * 200_000,
        b"%PDF-1.7\n1 0 obj " + b"[" * 200_000,
    ],
    ids=["unclosed strings", "unclosed streams", "a huge table", "numbers", "dictionaries", "arrays"],
)
def test_files_made_to_keep_a_reader_busy_are_given_up(people: People, document: bytes) -> None:
    began = time.process_time()
    with pytest.raises(EngineError):
        sign_pdf(document, people.ec, SignatureRequest(), signed_at=SIGNED_AT)
    assert time.process_time() - began < 5


TOKENS = (b"<<", b">>", b"[", b"(", b"/Kids", b"/AcroForm", b"null", b" 3 0 R", b"99999999999", b"-1", b"endobj")


def mutated(document: bytes, chance: random.Random) -> bytes:
    """The document with a few bytes flipped, lost, doubled or replaced by other syntax."""
    data = bytearray(document)
    for _ in range(chance.choice((1, 3, 12))):
        at, token = chance.randrange(len(data)), chance.choice(TOKENS)
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at : at + len(token)] = token
            case 2:
                del data[at : at + chance.choice((1, 9, 90))]
            case _:
                data[at:at] = data[at : at + 40]
    return bytes(data)


def refused(action: Callable[..., object], *arguments: object) -> list[str]:
    """The code of the refusal, if it is one; any other exception is a fault and comes through."""
    try:
        action(*arguments)
    except EngineError as refusal:
        return [refusal.code]
    return []


def sign_anew(document: bytes, people: People) -> object:
    return sign_pdf(document, people.ec, SignatureRequest(), signed_at=SIGNED_AT)


@pytest.mark.parametrize("packed", [False, True], ids=["plain objects", "object streams"])
def test_mutated_files_are_signed_or_refused_and_intake_agrees(people: People, packed: bool) -> None:
    mode = ObjectStreamMode.generate if packed else ObjectStreamMode.disable
    original, chance = saved(form(), object_stream_mode=mode), random.Random(5)
    outcomes = set()
    for _ in range(250):
        document = mutated(original, chance)
        refusals = [*refused(inspect_pdf, document), *refused(sign_anew, document, people)]
        assert len(refusals) in {0, 2}, refusals
        outcomes.add(tuple(refusals))
    assert () in outcomes
    assert len(outcomes) > 1


def test_what_a_stream_expands_to_is_bounded(sign: Sign) -> None:
    bomb = zlib.compress(bytes(80 << 20), 1)
    head = b"<</Type/XRef/W[1 4 2]/Size 4/Root 1 0 R/Filter/FlateDecode/Length %d>>" % len(bomb)
    document = b"%%PDF-1.7\n1 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (head, bomb)
    began = time.process_time()
    with pytest.raises(Unreadable):
        sign(document)
    assert time.process_time() - began < 3


def test_a_large_document_is_not_copied(people: People) -> None:
    document = many_pages(8, 1 << 20)
    sign_pdf(document, people.ec, SignatureRequest(), signed_at=SIGNED_AT)
    tracemalloc.start()
    sign_pdf(document, people.ec, SignatureRequest(), signed_at=SIGNED_AT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(document) > 8 << 20
    assert peak < 2 << 20
