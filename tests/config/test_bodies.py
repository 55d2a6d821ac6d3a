"""Bodies of requests: how much is taken in, and what the application behind gets to see."""

import asyncio
import json
import tracemalloc
from collections.abc import Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.test import Client, RequestFactory

from sigillo.api.reading import WHOLE_BODY, read_body
from sigillo.config import bodies, intake
from sigillo.config.bodies import ANONYMOUS, IN_MEMORY, LimitedBodies, Message, Receive, Send

LIMIT = 100_000
KNOWN = {"authorization": "Token whatever"}


class Exchange:
    """One request through the limit, to an application that reads the whole body and says so."""

    def __init__(self, headers: dict[str, str], pieces: Sequence[bytes | None], *, stalls: bool = False) -> None:
        self.pieces = list(pieces)
        self.stalls = stalls
        self.sent: list[Message] = []
        self.seen: bytes | None = None
        self.seen_headers: dict[bytes, bytes] = {}
        scope = {"type": "http", "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
        asyncio.run(LimitedBodies(self._application, max_bytes=LIMIT)(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if not self.pieces:
            await asyncio.sleep(60)
        piece = self.pieces.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(self.pieces) or self.stalls}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    async def _application(self, scope: Message, receive: Receive, _send: Send) -> None:
        self.seen_headers = dict(scope["headers"])
        self.seen, more = b"", True
        while more:
            message = await receive()
            self.seen += message["body"]
            more = message["more_body"]

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def answer(self) -> Any:
        return json.loads(b"".join(message["body"] for message in self.sent[1:]))


def test_a_body_of_the_limit_arrives_whole() -> None:
    body = bytes(range(250)) * 400
    exchange = Exchange(KNOWN | {"content-length": str(LIMIT)}, [body[:70_000], body[70_000:]])
    assert exchange.seen == body
    assert not exchange.sent


def test_a_body_in_chunks_gets_the_length_it_had() -> None:
    exchange = Exchange({"transfer-encoding": "chunked", "x-other": "1"}, [b"abc", b"", b"de"])
    assert exchange.seen == b"abcde"
    assert exchange.seen_headers == {b"x-other": b"1", b"content-length": b"5"}


def test_no_body_is_not_waited_for() -> None:
    exchange = Exchange({}, [])
    assert exchange.seen == b""
    assert exchange.seen_headers[b"content-length"] == b"0"


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        ({"content-length": str(LIMIT + 1)}, [b"a" * 1000, b"b" * 1000]),
        (KNOWN | {"transfer-encoding": "chunked"}, [b"a" * LIMIT, b"b", b"c" * 1000]),
    ],
)
def test_more_than_the_limit_is_413_and_read_to_its_end(headers: dict[str, str], pieces: list[bytes]) -> None:
    exchange = Exchange(headers, pieces)
    assert exchange.seen is None
    assert exchange.status == 413
    assert exchange.answer["meta"]["code"] == 413
    assert (b"connection", b"close") in exchange.sent[0]["headers"]
    assert not exchange.pieces, "a sender who is cut off never reads the answer"
    assert exchange.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_a_sender_who_stalls_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "IDLE_SECONDS", 0.05)
    exchange = Exchange({"content-length": "10"}, [b"abc"], stalls=True)
    assert exchange.seen is None
    assert exchange.status == 400
    assert "send it again" in exchange.answer["meta"]["error_message"]


def test_a_sender_who_goes_away_gets_nothing() -> None:
    exchange = Exchange({"content-length": "10"}, [b"abc", None])
    assert exchange.seen is None
    assert not exchange.sent


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        ({"content-length": str(ANONYMOUS + 1)}, [b"a" * 1000, b"b" * 1000]),
        ({"content-length": str(ANONYMOUS + 1), "authorization": " "}, [b"a" * 1000]),
        ({"transfer-encoding": "chunked"}, [b"a" * ANONYMOUS, b"b", b"c" * 1000]),
    ],
)
def test_a_large_body_without_a_credential_is_not_taken_in(headers: dict[str, str], pieces: list[bytes]) -> None:
    exchange = Exchange(headers, pieces)
    assert exchange.seen is None
    view = Client().post("/api/v1/acme/users", b"{}", content_type="application/json")
    assert exchange.status == view.status_code == 401
    assert exchange.answer == view.json()
    sent = {name.decode(): value.decode() for name, value in exchange.sent[0]["headers"]}
    expected = {name.lower(): value for name, value in view.items() if name != "X-Request-Id"}
    assert sent == expected | {"connection": "close"}


def test_a_small_body_needs_no_credential() -> None:
    assert Exchange({"content-length": str(ANONYMOUS)}, [b"a" * ANONYMOUS]).seen == b"a" * ANONYMOUS


@pytest.mark.parametrize("size", ["abc", "-1", "1, 2", "", "+5", "0x5", "٣", "9" * 21, "1_0"])
def test_a_length_that_is_no_number_is_400(size: str) -> None:
    exchange = Exchange(KNOWN | {"content-length": size}, [b"abc"])
    assert exchange.seen is None
    assert exchange.status == 400
    assert exchange.answer["meta"]["error_code"] == "bad_content_length"


class Crowd:
    """Requests at once through one limit, to an application that works on each until it is told to end."""

    def __init__(self, *, lasts: float, fails: bool = False) -> None:
        self.lasts = lasts
        self.fails = fails
        self.working, self.most, self.done = 0, 0, 0
        self.limited = LimitedBodies(self._application, max_bytes=LIMIT)

    async def _application(self, _scope: Message, _receive: Receive, _send: Send) -> None:
        self.working += 1
        self.most = max(self.most, self.working)
        try:
            await asyncio.sleep(self.lasts)
            if self.fails:
                raise ZeroDivisionError
            self.done += 1
        finally:
            self.working -= 1

    async def send(self, size: int) -> list[Message]:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": bytes(size), "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.limited({"type": "http", "headers": [(b"content-length", b"%d" % size)]}, receive, send)
        return sent

    async def send_all(self, *sizes: int) -> list[list[Message]]:
        return await asyncio.gather(*(self.send(size) for size in sizes))


def test_large_bodies_are_worked_on_a_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGE", 1000)
    crowd = Crowd(lasts=0.02)
    assert asyncio.run(crowd.send_all(*[1001] * 7)) == [[]] * 7
    assert (crowd.most, crowd.done) == (bodies.LARGE_AT_ONCE, 7)
    crowd = Crowd(lasts=0.02)
    asyncio.run(crowd.send_all(*[1000] * 7))
    assert (crowd.most, crowd.done) == (7, 7)


def test_a_large_body_whose_turn_does_not_come_is_sent_away_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGE", 1000)
    monkeypatch.setattr(bodies, "TURN_SECONDS", 0.05)

    async def scene() -> None:
        crowd = Crowd(lasts=0.2)
        *served, late, small = await crowd.send_all(*[1001] * bodies.LARGE_AT_ONCE, 1001, 10)
        assert served == [[]] * bodies.LARGE_AT_ONCE
        assert small == []
        assert late[0]["status"] == 503
        assert (b"retry-after", b"10") in late[0]["headers"]
        assert b"large_bodies_waiting" in late[1]["body"]
        assert await crowd.send_all(*[1001] * bodies.LARGE_AT_ONCE) == served, "every turn was given back"

    asyncio.run(scene())


def test_a_failure_gives_the_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGE", 1000)
    monkeypatch.setattr(bodies, "TURN_SECONDS", 0.05)

    async def scene() -> None:
        crowd = Crowd(lasts=0, fails=True)
        for _ in range(bodies.LARGE_AT_ONCE + 1):
            with pytest.raises(ZeroDivisionError):
                await crowd.send(1001)

    asyncio.run(scene())


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1])
def test_the_whole_body_is_at_hand_without_a_copy(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    found: list[bytes | mmap] = []

    async def application(scope: Message, receive: Receive, _send: Send) -> None:
        found.extend(scope["extensions"][WHOLE_BODY])
        pieces, more = b"", True
        while more:
            message = await receive()
            pieces, more = pieces + message["body"], message["more_body"]
        assert pieces == content, "who does not know of it reads as ever"

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(_: Message) -> None: ...

    scope = {"type": "http", "headers": [(b"content-length", b"%d" % size), (b"authorization", b"Token x")]}
    asyncio.run(LimitedBodies(application, max_bytes=2 * IN_MEMORY)(scope, receive, send))
    assert bytes(found[0][:]) == content
    assert isinstance(found[0], mmap) is (size > IN_MEMORY)


class Letter(msgspec.Struct):
    """A body with one long text, and with one that is never looked at."""

    text: str
    ignored: msgspec.Raw = msgspec.Raw(b"null")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_large_body_is_read_where_it_lies(mark: bytes, tmp_path: Path) -> None:
    size = 20 << 20
    path = tmp_path / "body"
    path.write_bytes(mark + b'{"ignored": [1, 2], "text": "' + b"x" * size + b'"}')
    request = RequestFactory().post("/", b"{}", content_type="application/json")
    with path.open("rb") as file:
        whole = [mmap(file.fileno(), 0, access=ACCESS_READ)]
    request.META["asgi.scope"] = {"extensions": {WHOLE_BODY: whole}}
    tracemalloc.start()
    letter = read_body(request, Letter)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert letter.text == "x" * size
    assert whole == [], "nobody keeps the body"
    assert peak < size + (1 << 20)
