"""Answers over real sockets: what slow, absent and leaving clients get, and what they cost the others."""

import hashlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, IncompleteRead
from threading import Event, Thread
from typing import Any

import pytest
import uvicorn

from sigillo.config import sending
from sigillo.config.sending import PatientAnswers

MIB = 1 << 20
LARGE = 24 * MIB
PIECES = [bytes([number]) * MIB for number in range(LARGE // MIB)]
WHOLE = hashlib.sha256(b"".join(PIECES)).digest()


class Site:
    """A WSGI application with one thread to run in, and what became of its last large answer."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.closed = Event()
        self.made = 0
        self.port = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/none":
            start("204 No Content", [])
            return []
        if path == "/small":
            start("200 OK", [("Content-Length", "5")])
            return [b"sm", b"", b"all"]
        if path == "/fails-at-once":
            raise ZeroDivisionError
        self.closed.clear()
        self.made = 0
        start("200 OK", [] if path == "/unsized" else [("Content-Length", str(LARGE))])
        return self._large(path)

    def _large(self, path: str) -> Iterator[bytes]:
        try:
            for number, piece in enumerate(PIECES):
                if path == "/unsized" and number == 3:
                    raise ZeroDivisionError
                if path == "/in-two" and number == 1:
                    self.go_on.wait(10)
                self.made += 1
                yield piece
        finally:
            self.closed.set()

    def connect(self, path: str, *, room: int = 4096, version: str = "1.1") -> socket.socket:
        """A client that has asked and reads nothing."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.settimeout(10)
        client.connect(("127.0.0.1", self.port))
        client.sendall(f"GET {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode())
        return client

    def get(self, path: str, method: str = "GET") -> tuple[int, bytes]:
        """What a client gets that reads at once."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def _served(application: Any) -> Iterator[int]:
    config = uvicorn.Config(
        application, port=0, http="h11", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with _served(PatientAnswers(site, threads=1)) as site.port:
        yield site


def _digest_of_rest(client: socket.socket) -> bytes:
    body, head = hashlib.sha256(), client.recv(1)
    while not head.endswith(b"\r\n\r\n") and (more := client.recv(1)):
        head += more
    left = LARGE
    while left and (piece := client.recv(min(left, MIB))):
        body.update(piece)
        left -= len(piece)
    return body.digest()


def test_who_reads_nothing_holds_no_thread_and_gets_all_when_he_reads(site: Site) -> None:
    with ExitStack() as open_clients:
        clients = [open_clients.enter_context(site.connect("/large")) for _ in range(4)]
        began = time.monotonic()
        assert site.get("/small") == (200, b"small")
        assert hashlib.sha256(site.get("/large")[1]).digest() == WHOLE
        assert time.monotonic() - began < 5
        assert [_digest_of_rest(client) for client in clients] == [WHOLE] * 4


def test_the_first_bytes_come_before_the_last_are_made(site: Site) -> None:
    with site.connect("/in-two", room=4 * MIB) as client:
        got = 0
        while got < MIB:
            got += len(client.recv(MIB))
        assert site.made == 1
        site.go_on.set()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_answer_that_fails_is_not_mistaken_for_a_whole_one(site: Site, version: str) -> None:
    with site.connect("/unsized", version=version, room=MIB) as client:
        got = b""
        with pytest.raises(ConnectionResetError):  # noqa: PT012 - HTTP/1.0 has no other sign of an unfinished body
            while piece := client.recv(MIB):
                got += piece
    assert site.closed.wait(5)
    assert not got.endswith(b"0\r\n\r\n")
    assert site.get("/small") == (200, b"small")


def test_a_failure_before_the_answer_is_a_500(site: Site) -> None:
    assert site.get("/fails-at-once")[0] == 500


def test_who_leaves_stops_the_making(site: Site) -> None:
    with site.connect("/in-two") as client:
        client.recv(1)
    time.sleep(0.1)
    site.go_on.set()
    assert site.closed.wait(5)
    assert site.made < len(PIECES)
    assert site.get("/small") == (200, b"small")


def test_head_and_empty_answers_pass(site: Site) -> None:
    assert site.get("/none") == (204, b"")
    assert site.get("/small", "HEAD") == (200, b"")
    assert site.get("/large", "HEAD") == (200, b"")
    assert site.made == 0, "nobody asked for a body"


def _read_at(client: socket.socket, bytes_per_second: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and client.recv(bytes_per_second // 20):
        time.sleep(0.05)


def test_who_takes_nothing_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "IDLE_SECONDS", 0.5)
    with site.connect("/large") as client:
        time.sleep(1.2)
        with pytest.raises(ConnectionResetError):
            _digest_of_rest(client)
    with site.connect("/large", room=64 * 1024) as client:
        _read_at(client, 512 * 1024, 1.2)
        assert client.recv(1), "who takes a little all the time is patiently served"


def test_who_is_slow_over_all_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(sending, "SLOW_SECONDS", 1.0)
    monkeypatch.setattr(sending, "BYTES_PER_SECOND", 2 * MIB)
    with site.connect("/large", room=64 * 1024) as client, pytest.raises(ConnectionResetError):
        _read_at(client, 512 * 1024, 5)


def test_an_incomplete_answer_is_told_by_its_length(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "PIECES", PIECES[:3])
    with pytest.raises((IncompleteRead, ConnectionResetError)):
        site.get("/large")
