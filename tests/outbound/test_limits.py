"""Time and size are bounded, whatever the other side does."""

import gzip
import socket
import tracemalloc
import zlib
from contextlib import ExitStack
from threading import Event
from time import monotonic, sleep

import pytest

from sigillo.outbound.client import MAX_HEADER_BYTES, Outbound
from sigillo.outbound.errors import OutboundFailed
from sigillo.outbound.values import DigestAuth, Limits, Request
from tests.outbound.servers import LOOPBACK, fetch, nowhere, raw, reply, serve

HEAD = b"HTTP/1.1 200 OK\r\n"


def drip(before: bytes, drop: bytes) -> object:
    """One drop each 20 ms, for ever: every single read is quick."""

    def talk(connection: socket.socket, over: Event) -> None:
        connection.sendall(before)
        while not over.wait(0.02):
            connection.sendall(drop)

    return talk


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"", b"H"),
        (HEAD, b"X: y\r\n"),
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b""),
    ],
)
def test_a_slow_answer_ends_with_the_call_and_not_with_the_read(before: bytes, drop: bytes) -> None:
    with raw(drip(before, drop)) as site:  # type: ignore[arg-type]
        started = monotonic()
        with pytest.raises(OutboundFailed, match=r"within 0\.2 s") as caught:
            fetch(site.url(), limits=Limits(1_000_000, 0.2))
        assert monotonic() - started < 1
    assert not caught.value.permanent
    assert "127.0.0.1" in caught.value.message


def test_the_time_is_that_of_the_whole_chain() -> None:
    def answer(handler: object) -> None:
        sleep(0.1)
        reply(302, Location="/")(handler)  # type: ignore[arg-type]

    with serve(answer) as site, pytest.raises(OutboundFailed) as caught:
        fetch(site.url(), limits=Limits(1000, 0.2, max_redirects=100))
    assert caught.value.code == "outbound_timeout"
    assert len(site.seen) <= 3


def test_a_slow_name_server_does_not_stop_the_clock() -> None:
    def slow(_host: str, _port: int) -> list[str]:
        sleep(1)
        return ["127.0.0.1"]

    started = monotonic()
    with pytest.raises(OutboundFailed) as caught:
        Outbound(LOOPBACK, slow).fetch(Request("http://slow.example/"), Limits(1000, 0.2), nowhere)
    assert caught.value.code == "outbound_timeout"
    assert monotonic() - started < 0.6


def test_an_address_that_swallows_the_call_leaves_time_for_the_next() -> None:
    with serve(reply(200, b"here")) as site, socket.socket() as deaf, ExitStack() as queue:
        deaf.bind(("127.0.0.2", site.port))
        deaf.listen(0)
        for _ in range(3):  # once its queue is full, the system answers nobody
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.2", site.port))
        body = bytearray()
        outbound = Outbound(LOOPBACK, lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
        outbound.fetch(Request(site.url(host="two.example")), Limits(1000, 0.6), body.extend)
    assert body == b"here"


def test_a_server_that_accepts_and_stays_silent_in_the_tls_handshake_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(OutboundFailed) as caught:
        fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", limits=Limits(1000, 0.2))
    assert caught.value.code == "outbound_timeout"


def endless(before: bytes, piece: bytes) -> object:
    def talk(connection: socket.socket, over: Event) -> None:
        connection.sendall(before)
        while not over.wait(0 if piece else 0.01):
            connection.sendall(piece)

    return talk


@pytest.mark.parametrize(
    ("before", "piece", "says"),
    [
        (HEAD + b"\r\n", b"x" * 65_536, "more than 300000 bytes"),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65_536, "more than 300000 bytes"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8\r\nxxxxxxxx\r\n" * 4096, "more than 300000 bytes"),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
            b"1;" + b"e" * 60_000 + b"\r\nx\r\n",
            "more than 300000",
        ),
        (HEAD, b"X: " + b"y" * 60_000 + b"\r\n", "bytes of headers"),
        (b"HTTP/1.1 200 ", b"O" * 65_536, "bytes of headers"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, "bytes of headers"),
    ],
)
def test_an_endless_answer_is_cut(before: bytes, piece: bytes, says: str) -> None:
    received = bytearray()
    with raw(endless(before, piece)) as site, pytest.raises(OutboundFailed) as caught:  # type: ignore[arg-type]
        Outbound(LOOPBACK).fetch(Request(site.url()), Limits(300_000, 5), received.extend)
    if caught.value.code == "outbound_too_large":
        assert says in caught.value.message
        assert caught.value.permanent
    else:  # http.client has a limit of its own for one line
        assert says == "bytes of headers"
    assert len(received) <= 300_000


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (HEAD + b"Content-Length: 1073741824\r\n\r\n", b"x" * 65_536),
        (HEAD + b"Content-Length: 9\r\n\r\nhalf", b""),
        (HEAD + b"Content-Encoding: br\r\n\r\n", b"x"),
    ],
)
def test_a_body_that_is_not_wanted_is_neither_read_nor_waited_for(before: bytes, piece: bytes) -> None:
    with raw(endless(before, piece)) as site:  # type: ignore[arg-type]
        started = monotonic()
        answer = Outbound(LOOPBACK).fetch(Request(site.url()), Limits(0, 5), nowhere)
        assert monotonic() - started < 1
    assert (answer.status, answer.size) == (200, 0)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_measured_by_what_it_unfolds_to(coding: str) -> None:
    packed = gzip.compress(bytes(30_000_000)) if coding == "gzip" else zlib.compress(bytes(60_000_000))
    received = bytearray()
    with serve(reply(200, packed, Content_Encoding=coding)) as site:
        tracemalloc.start()
        with pytest.raises(OutboundFailed, match="more than 1000000 bytes") as caught:
            Outbound(LOOPBACK).fetch(Request(site.url()), Limits(1_000_000, 10), received.extend)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert caught.value.permanent
    assert len(received) <= 1_000_000
    assert peak < 20_000_000


def test_compressed_answers_are_unfolded() -> None:
    with serve(reply(200, gzip.compress(b"%PDF" * 1000), Content_Encoding="gzip")) as site:
        answer, body = fetch(site.url())
    assert (answer.size, body) == (4000, b"%PDF" * 1000)


@pytest.mark.parametrize("status", [302, 401, 404])
def test_the_body_of_an_answer_that_is_not_wanted_is_not_read(status: int) -> None:
    """requests by itself reads the bodies of redirects and digest challenges, unfolded, into memory."""
    packed = gzip.compress(bytes(40_000_000))
    assert len(packed) < MAX_HEADER_BYTES, "else the budget of the headers would stop it"
    answers = reply(
        status, packed, Content_Encoding="gzip", Location="/", WWW_Authenticate='Digest realm="r", nonce="n"'
    )
    with serve(answers) as site:
        tracemalloc.start()
        with pytest.raises(OutboundFailed):
            fetch(site.url(), auth=DigestAuth("jdo", "secret"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10_000_000
