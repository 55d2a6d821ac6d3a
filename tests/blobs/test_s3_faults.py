"""A server that dies, says nothing or is cut off: an error in time, nothing by halves, and all well afterwards."""

import os
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sigillo.blobs.errors import BlobStoreFailed
from sigillo.blobs.s3 import calls
from sigillo.blobs.states import LARGE
from tests.blobs.stands import S3Stand
from tests.support.s3_server import S3Server
from tests.support.wire import Direction, wire

HOUR = timedelta(hours=1)


@pytest.fixture
def stand(tmp_path: Path, s3_server: S3Server) -> S3Stand:
    return S3Stand(tmp_path, s3_server)


def test_a_server_killed_while_a_large_blob_goes_up_has_nothing_of_it(stand: S3Stand) -> None:
    kept, content = stand.blobs.put([b"kept"]).digest, os.urandom(2 * LARGE)
    passed, killed = 0, False

    def kill(direction: Direction, piece: bytes) -> bytes:
        nonlocal passed, killed
        passed += len(piece) if direction == "up" else 0
        if passed > LARGE + 100_000 and not killed:  # in the middle of the second part
            killed = True
            stand.server.kill()
        return piece

    began = time.monotonic()
    with wire(stand.server.endpoint, kill) as address, pytest.raises(BlobStoreFailed):
        stand.fresh(address).put([content])
    with pytest.raises(BlobStoreFailed, match=r"does not answer \(EndpointConnection\); check that it runs"):
        stand.blobs.open(kept)
    assert time.monotonic() - began < 5
    assert not any(stand.transit.iterdir())

    stand.server.start()
    assert stand.server.keys(stand.prefix) == {stand.key(kept).removeprefix(stand.prefix)}
    assert len(stand.server.uploads(stand.prefix)) == 1
    assert stand.blobs.sweep(set, now=datetime.now(UTC), older_than=HOUR) == 0
    digest = stand.blobs.put([content]).digest
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert stand.blobs.sweep(set, now=tomorrow, older_than=HOUR) == 1
    assert stand.server.uploads(stand.prefix) == []
    assert stand.blobs.verify(kept)
    assert stand.blobs.verify(digest)


@pytest.mark.parametrize("times", [1, 2])
def test_a_download_that_breaks_is_taken_up_once_where_it_broke(stand: S3Stand, times: int) -> None:
    content = os.urandom(2_000_000)
    digest = stand.blobs.put([content]).digest
    passed, cut = 0, 0

    def break_off(direction: Direction, piece: bytes) -> bytes | None:
        nonlocal passed, cut
        passed += len(piece) if direction == "down" else 0
        if cut < times and passed > 700_000 * (cut + 1):
            cut += 1
            return None
        return piece

    with wire(stand.server.endpoint, break_off) as address:
        if times == 1:
            with stand.fresh(address).open(digest) as file:
                assert file.read() == content
            assert passed < len(content) + 300_000, "it began again instead of going on"
        else:
            with pytest.raises(BlobStoreFailed, match="does not answer"):
                stand.fresh(address).open(digest)
    assert cut == times
    assert not any(stand.transit.iterdir())


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute is too long for a test."""
    monkeypatch.setattr(calls, "READ_SECONDS", 0.2)
    monkeypatch.setattr(calls, "GRACE_SECONDS", 0.1)


def test_a_silent_server_holds_nobody_for_long(stand: S3Stand, impatient: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(BlobStoreFailed, match=r"does not answer \(ReadTimeout\)"):
            stand.fresh(f"http://127.0.0.1:{silent.getsockname()[1]}").exists("0" * 64)
        assert time.monotonic() - began < calls.ATTEMPTS * 0.2 + 1.5


def test_the_patience_that_a_request_needs_at_most() -> None:
    """Each attempt may wait one more second, for leave to send a body, and there is one of rest between them."""
    assert calls.ATTEMPTS * (calls.CONNECT_SECONDS + 1 + calls.READ_SECONDS) + 1 < 30


def test_a_download_that_trickles_is_given_up(stand: S3Stand, impatient: None) -> None:
    content = os.urandom(600_000)
    digest = stand.blobs.put([content]).digest

    def trickle(direction: Direction, piece: bytes) -> bytes:
        if direction == "down":
            time.sleep(0.05)
        return piece

    with wire(stand.server.endpoint, trickle) as address, pytest.raises(BlobStoreFailed, match="too slowly"):
        stand.fresh(address).open(digest)
