"""A disk that changed a document: nobody is served it, nothing is built on it, and its right bytes heal it."""

import http.client
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import uvicorn
from a2wsgi import WSGIMiddleware
from pytest_django import Settings

from sigillo.blobs.errors import BlobDamaged, BlobMissing
from sigillo.config.bodies import Application
from sigillo.documents import store
from sigillo.documents.store import CHUNK
from sigillo.installation import blobs
from sigillo.transactions.models import Document, Revision
from tests.api.calling import assert_refused, get, post
from tests.flows.stories import PASSWORD, begin, data_uri, give_identity, kinds, ready, signatures
from tests.support.pages import pdf
from tests.support.world import House

SIZES = [1, 5000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17]


@pytest.fixture(autouse=True)
def own_blobs(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.SIGILLO_BLOBS = f"file:{tmp_path / 'blobs'}"
    blobs.cache_clear()
    yield
    blobs.cache_clear()


def _flip(digest: str, at: int) -> None:
    with blobs().local(digest) as path:
        path.chmod(0o600)
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)


def _taken(pieces: Callable[[], Iterator[bytes]]) -> bytes:
    """What comes out before the damage is named."""
    taken = b""
    with pytest.raises(BlobDamaged):  # noqa: PT012 - what came before counts
        for piece in pieces():
            taken += piece
    return taken


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_gives_what_was_kept(size: int) -> None:
    content = os.urandom(size)
    stored = store.keep([content])
    assert b"".join(store.stream(stored.digest, size)) == content


@pytest.mark.parametrize("at", ["first", "last"])
@pytest.mark.parametrize("size", SIZES)
def test_a_flipped_bit_never_goes_out_whole(size: int, at: str, caplog: pytest.LogCaptureFixture) -> None:
    stored = store.keep([os.urandom(size)])
    _flip(stored.digest, 0 if at == "first" else size - 1)
    taken = _taken(lambda: store.stream(stored.digest, size))
    assert len(taken) < size
    assert len(taken) == max(size - 1, 0) // CHUNK * CHUNK  # all but the last piece
    assert stored.digest in caplog.text


def test_what_grew_is_not_sent_up_to_the_promised_length() -> None:
    """Three whole pieces, one of them wrong, and an octet more: the first three would be a complete answer."""
    size = 3 * CHUNK
    stored = store.keep([os.urandom(size)])
    _flip(stored.digest, 0)
    with blobs().local(stored.digest) as path, path.open("ab") as file:
        file.write(b"!")
    assert _taken(lambda: store.stream(stored.digest, size)) == b""


def test_what_shrank_or_went_is_named() -> None:
    stored = store.keep([b"contract"])
    with blobs().local(stored.digest) as path:
        path.chmod(0o600)
        path.write_bytes(b"")
    for look in (store.mapped, store.local_file):
        with pytest.raises(BlobDamaged, match=stored.digest), look(stored.digest):
            pass
    assert _taken(lambda: store.stream(stored.digest)) == b""
    blobs().delete(stored.digest)
    with pytest.raises(BlobMissing):
        store.stream(stored.digest)


def test_a_damaged_document_is_not_handed_to_a_reader() -> None:
    content = pdf()
    digest = store.keep([content]).digest
    _flip(digest, content.index(b"%%EOF"))
    with pytest.raises(BlobDamaged, match=digest), store.local_file(digest):
        pass
    store.keep([content])
    with store.local_file(digest) as path:
        assert path.read_bytes() == content


def test_a_damaged_download_is_503_until_its_bytes_come_again(acme: House) -> None:
    row = ready(acme)
    document = Document.objects.get(transaction=row)
    path = f"/api/v1/acme/documents/{document.id}/download"
    whole = get(acme.owner, path).content
    digest = Revision.objects.get(document=document).digest

    _flip(digest, 100)
    assert_refused(get(acme.owner, path), 503, "document_damaged", "damaged", "backup")
    blobs().delete(digest)
    assert_refused(get(acme.owner, path), 503, "document_missing", "missing", "backup")
    begin(acme, uri=data_uri(whole))
    assert get(acme.owner, path).content == whole


@contextmanager
def _serving(pieces: Callable[[], Iterator[bytes]], length: int) -> Iterator[str]:
    """The pieces as an answer of the server that we run, through the same bridge."""

    def answer(environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", str(length))])
        return pieces()

    bridge = cast("Application", WSGIMiddleware(cast("Any", answer), workers=1))
    server = uvicorn.Server(uvicorn.Config(cast("Any", bridge), http="h11", lifespan="off", log_config=None))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.mark.parametrize("damaged", [False, True])
def test_the_wire_breaks_off_where_a_document_is_wrong(damaged: bool) -> None:
    size = 3 * CHUNK
    stored = store.keep([os.urandom(size)])
    if damaged:
        _flip(stored.digest, size // 2)
    with _serving(lambda: store.stream(stored.digest, size), size) as address:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(size))
        if damaged:
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                answer.read()
        else:
            assert len(answer.read()) == size
        connection.close()


@pytest.mark.parametrize("at", [3, 40, -30])
def test_a_damaged_document_is_not_signed(acme: House, at: int) -> None:
    """Whether the damage breaks the document or not, it is named as what it is and nothing changes."""
    give_identity(acme)
    row = ready(acme)
    _flip(Revision.objects.get().digest, at)
    signature = signatures(row)[0]
    answer = post(acme.owner, f"/api/v1/acme/signatures/{signature.id}/perform", {"password": PASSWORD})
    assert_refused(answer, 503, "document_damaged", "backup")
    assert (signatures(row)[0].status, Revision.objects.count()) == ("pending", 1)
    assert kinds(row)[-1] == "signature.abandoned"
