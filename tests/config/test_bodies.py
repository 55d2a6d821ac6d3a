"""Bodies of requests: how much is taken in, and what the application behind gets to see."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from sigillo.config import bodies
from sigillo.config.bodies import LimitedBodies, Message, Receive, Send

LIMIT = 100_000


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
    exchange = Exchange({"content-length": str(LIMIT)}, [body[:70_000], body[70_000:]])
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
        ({"transfer-encoding": "chunked"}, [b"a" * LIMIT, b"b", b"c" * 1000]),
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
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.05)
    exchange = Exchange({"content-length": "10"}, [b"abc"], stalls=True)
    assert exchange.seen is None
    assert exchange.status == 400
    assert "send it again" in exchange.answer["meta"]["error_message"]


def test_a_sender_who_goes_away_gets_nothing() -> None:
    exchange = Exchange({"content-length": "10"}, [b"abc", None])
    assert exchange.seen is None
    assert not exchange.sent
