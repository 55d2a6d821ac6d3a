"""Request bodies, taken in before a thread is spent on them: bounded in size, patient but not for ever.

A thread of the pool then reads from memory or a temporary file, so that slow senders hold sockets and not threads.
A body sent in chunks, which WSGI cannot carry, gets the length that it turned out to have. A large one costs memory
only while it is worked on: few are at once, and the others wait for their turn on the disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from mmap import ACCESS_READ, mmap
from typing import IO, Any

from sigillo.api.problems import problem
from sigillo.api.reading import WHOLE_BODY
from sigillo.base.errors import Invalid, SigilloError, TooLarge, Unauthenticated, Unavailable
from sigillo.config.intake import Gone, Intake, Intakes
from sigillo.credentials.resolve import resolve

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
ANONYMOUS = 64 * 1024
"""How large a body may be whose sender shows no credential: enough for any sign-in."""
CREDENTIAL_HEADERS = (b"authorization",)
"""Headers that can hold a credential: one for each place that a kind in `sigillo.credentials.kinds` reads."""
DRAIN_SECONDS = 10.0
"""How long the rest of a refused body is read and dropped: a sender who is cut off never reads the answer."""
LARGE = 8 * 1024 * 1024
"""Octets of a body that is worked on only in its turn: reading one takes about twice its size in memory."""
LARGE_AT_ONCE = 2
TURN_SECONDS = 25.0
"""How long a large body waits for its turn: less than most senders wait for an answer."""
RETRY_SECONDS = 10
LONGEST_SIZE = 20


class LimitedBodies:
    """An ASGI application that takes in each body before it calls the one inside."""

    def __init__(self, application: Application, *, max_bytes: int) -> None:
        self.application = application
        self.max_bytes = max_bytes
        self._intakes = Intakes()
        self._turns = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        with Intake(self._intakes, in_memory=IN_MEMORY) as intake:
            try:
                size = await self._take(scope, receive, intake)
                if size > LARGE:
                    await self._wait_for_turn()
            except Gone:
                return
            except SigilloError as error:
                intake.drop()  # the answer may be long in coming to its reader
                await _refuse(error, receive, send, drain=isinstance(error, TooLarge | Unauthenticated))
                return
            body = intake.body
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

    async def _take(self, scope: Message, receive: Receive, intake: Intake) -> int:
        known = any(name in CREDENTIAL_HEADERS and value.strip() for name, value in scope["headers"])

        def check(size: int) -> None:
            if size > self.max_bytes:
                mebibytes = self.max_bytes // (1024 * 1024)
                raise TooLarge("body_too_large", f"The body is larger than {mebibytes} MiB; send less at once.")
            if size > ANONYMOUS and not known:
                resolve("")  # raises what the API answers to whoever shows no credential

        declared = _declared_size(scope)
        check(declared or 0)
        return 0 if declared == 0 else await intake.take(receive, check)


def _declared_size(scope: Message) -> int | None:
    """The size that the head of a request tells; None for a body in chunks, which has yet to show it."""
    sizes = {value for name, value in scope["headers"] if name == b"content-length"}
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    if any(not size.isdigit() or len(size) > LONGEST_SIZE for size in sizes) or len(sizes) > 1:
        raise Invalid(
            "bad_content_length", "The header Content-Length is not one whole number; send the size in bytes."
        )
    if chunked:
        return None  # which is what frames the body, whatever else is told (RFC 9112, 6.3)
    return int(sizes.pop()) if sizes else 0


def _with_body(scope: Message, body: IO[bytes], size: int) -> Message:
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
