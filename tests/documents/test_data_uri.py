"""RFC 2397 as clients write it."""

import base64
import tracemalloc
from hashlib import sha256
from random import Random
from time import process_time
from urllib.parse import quote, unquote_to_bytes

import pytest

from sigillo.base.errors import Invalid, TooLarge
from sigillo.documents import data_uri
from sigillo.documents.data_uri import data_uri_chunks

PDF = b"%PDF-1.7\n\xfb\xff\xfe binary"
SMALLEST = 3  # an escape fits, and every cut between two pieces is tried
BASE64 = base64.b64encode(PDF).decode()


def decode(uri: str, max_bytes: int) -> tuple[str, bytes]:
    """All pieces as one."""
    media_type, chunks = data_uri_chunks(uri, max_bytes)
    return media_type, b"".join(chunks)


@pytest.fixture(params=[data_uri.PIECE, *range(SMALLEST, 9)])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_uri, "PIECE", request.param)


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize(
    "uri",
    [
        f"data:application/pdf;base64,{BASE64}",
        f" DATA:Application/PDF;BASE64,{BASE64}",
        f"data:application/pdf;name=a.pdf;base64,{BASE64}",
        f"data:application/pdf; charset=binary; base64,{BASE64}",
        f"data:application/pdf;base64,{BASE64[:10]}\r\n {BASE64[10:]}\n",
        f"data:application/pdf;base64,{BASE64.rstrip('=')}",
        f"data:application/pdf;base64,{base64.urlsafe_b64encode(PDF).decode()}",
        f"data:application/pdf;base64,{quote(BASE64, safe='')}",
        f"data:application/pdf,{quote(PDF, safe='')}",
    ],
)
def test_every_harmless_spelling_gives_the_same_bytes(uri: str) -> None:
    assert decode(uri, 1000) == ("application/pdf", PDF)


def test_the_media_type_may_be_left_out() -> None:
    assert decode("data:,a%20b,c", 100) == ("text/plain", b"a b,c")
    assert decode("data:;base64,", 100) == ("text/plain", b"")
    assert decode("data:pdf\r\nX: y;base64,", 100) == ("application/octet-stream", b"")


@pytest.mark.usefixtures("piece")
@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("", "no data: URI"),
        ("data:application/pdf;base64", "no data: URI"),
        ("http://example.com/a,b", "no data: URI"),
        ("data:" + "x" * 5000 + ",y", "no data: URI"),
        ("data:;base64,JVBER!", "a character that base64 does not have"),
        ("data:;base64,JVBE=JVBE", "a character that base64 does not have"),
        ("data:;base64,JVBER", "a part is missing"),
        ("data:;base64,J", "a part is missing"),
        ("data:,100%", "two hexadecimal digits"),
        ("data:,%zz", "two hexadecimal digits"),
        ("data:,Łukasz", "beyond ASCII"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_reason(uri: str, says: str) -> None:
    with pytest.raises(Invalid, match="data: URI") as caught:
        decode(uri, 10_000)
    assert says in caught.value.message


def test_the_size_is_that_of_the_content() -> None:
    assert decode(f"data:;base64,{BASE64}", len(PDF))[1] == PDF
    with pytest.raises(TooLarge, match="more than 10 bytes"):
        decode(f"data:;base64,{BASE64}", 10)


@pytest.mark.usefixtures("piece")
def test_escapes_are_read_as_the_standard_library_reads_them() -> None:
    random = Random(7)
    for _ in range(300):
        content = random.randbytes(40) + random.choice([b"=", b"==", b"=\r\n", b" \n", b"_ \t", b"=3D"])
        safe = random.choice(["", "=", "=\r\n \t_", "".join(map(chr, range(128)))]).replace("%", "")
        encoded = quote(content, safe=safe)
        assert decode(f"data:,{encoded}", 100)[1] == unquote_to_bytes(encoded) == content


@pytest.mark.usefixtures("piece")
def test_padding_ends_the_content_wherever_it_stands() -> None:
    assert decode("data:;base64,JVBERg==\n = \n", 100)[1] == b"%PDF"
    for broken in ("JVBERg==JVBERg==", "JVBERg=A", "JV=BERg="):
        with pytest.raises(Invalid, match="does not have"):
            decode(f"data:;base64,{broken}", 100)


@pytest.mark.parametrize("coding", ["base64", "percent"])
def test_a_large_document_costs_little(coding: str) -> None:
    content = bytes(range(256)) * (16 << 12)
    base64_uri = "data:application/pdf;base64," + base64.b64encode(content).decode()
    uri = base64_uri if coding == "base64" else "data:application/pdf," + "%" + content.hex("%")
    digest = sha256()
    tracemalloc.start()
    started = process_time()
    media_type, chunks = data_uri_chunks(uri, 48 << 20)
    for chunk in chunks:
        digest.update(chunk)
    spent, peak = process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (media_type, digest.hexdigest()) == ("application/pdf", sha256(content).hexdigest())
    assert peak < 16 << 20
    assert spent < 3


def test_pieces_stop_at_the_first_octet_too_many() -> None:
    media_type, chunks = data_uri_chunks("data:application/pdf;base64," + "A" * (8 << 20), 2 << 20)
    assert media_type == "application/pdf"
    assert len(next(chunks)) + len(next(chunks)) <= 2 << 20
    with pytest.raises(TooLarge, match="more than 2097152 bytes"):
        next(chunks)
