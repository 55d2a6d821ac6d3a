"""Request bodies, taken in before a thread is spent on them: bounded in size, patient but not for ever.

A thread of the pool then reads from memory or a temporary file, so that slow senders hold sockets and not threads.
A body sent in chunks, which WSGI cannot carry, gets the length that it turned out to have. A large one costs memory
only while it is worked on: few are at once, and the others wait for their turn on the disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from mmap import ACCESS_READ, mmap
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from sigillo.api.problems import problem
from sigillo.api.reading import WHOLE_BODY
from sigillo.base.errors import Invalid, SigilloError, TooLarge, Unavailable

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
IDLE_SECONDS = 30.0
"""How long a sender may pause inside a body."""
DRAIN_SECONDS = 10.0
"""How long the rest of a refused body is read and dropped: a sender who is cut off never reads the answer."""
LARGE = 8 * 1024 * 1024
"""Octets of a body that is worked on only in its turn: reading one takes about twice its size in memory."""
LARGE_AT_ONCE = 2
TURN_SECONDS = 25.0
"""How long a large body waits for its turn: less than most senders wait for an answer."""
RETRY_SECONDS = 10


class Gone(Exception):
    """The sender closed the connection inside its body; nobody waits for an answer."""


class LimitedBodies:
    """An ASGI application that takes in each body before it calls the one inside."""

    def __init__(self, application: Application, *, max_bytes: int) -> None:
        self.application = application
        self.max_bytes = max_bytes
        self._turns = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                size = await self._take(scope, receive, body)
                if size > LARGE:
                    await self._wait_for_turn()
            except Gone:
                return
            except SigilloError as error:
                await _refuse(error, receive, send, drain=isinstance(error, TooLarge))
                return
            try:
                await self.application(_with_body(scope, body, size), _replay(body, size, receive), send)
            finally:
                if size > LARGE:
                    self._turns.release()

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable(
                "large_bodies_waiting", "Too many large bodies are being worked on; send this one again shortly."
            ) from None

    async def _take(self, scope: Message, receive: Receive, body: "SpooledTemporaryFile[bytes]") -> int:
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length")
        if declared is not None and int(declared) > self.max_bytes:
            raise self._too_large()
        if declared is None and b"transfer-encoding" not in headers:
            return 0
        size, more = 0, True
        while more:
            message = await _next(receive)
            piece = message.get("body", b"")
            size += len(piece)
            if size > self.max_bytes:
                raise self._too_large()
            body.write(piece)
            more = message.get("more_body", False)
        return size

    def _too_large(self) -> TooLarge:
        mebibytes = self.max_bytes // (1024 * 1024)
        return TooLarge("body_too_large", f"The body is larger than {mebibytes} MiB; send less at once.")


async def _next(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            message = await receive()
    except TimeoutError:
        raise Invalid(
            "body_stalled", f"Nothing of the body came for {IDLE_SECONDS:.0f} seconds; send it again."
        ) from None
    if message["type"] == "http.disconnect":
        raise Gone
    return message


def _with_body(scope: Message, body: "SpooledTemporaryFile[bytes]", size: int) -> Message:
    """The request with the length of its body, and with the body itself for a reader who need not copy it."""
    headers = [
        (name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")
    ]
    headers.append((b"content-length", str(size).encode()))
    body.seek(0)
    whole: bytes | mmap = mmap(body.fileno(), 0, access=ACCESS_READ) if size > IN_MEMORY else body.read()
    body.seek(0)
    return {**scope, "headers": headers, "extensions": {**scope.get("extensions", {}), WHOLE_BODY: [whole]}}


def _replay(body: IO[bytes], size: int, receive: Receive) -> Receive:
    left = size

    async def next_piece() -> Message:
        nonlocal left
        if left < 0:
            return await receive()  # only word of a closed connection can still come
        piece = body.read(PIECE)
        left -= len(piece)
        more = left > 0
        if not more:
            left = -1
        return {"type": "http.request", "body": piece, "more_body": more}

    return next_piece


async def _refuse(error: SigilloError, receive: Receive, send: Send, *, drain: bool) -> None:
    """Answer an error; the connection is not used again, since the rest of its body may be on its way."""
    answer = problem(error)
    if isinstance(error, Unavailable):
        answer["Retry-After"] = str(RETRY_SECONDS)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    length = str(len(answer.content)).encode()
    headers += [(b"content-length", length), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content, "more_body": True})
    if drain:
        await _drain(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            more = True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return
