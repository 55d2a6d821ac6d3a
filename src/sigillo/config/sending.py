"""Answers, passed on at the client's pace without a thread that waits for it.

A view's thread hands its answer to a backlog and is free; here the client gets it piece by piece. Who takes nothing
for a while, or is slow over the whole, is cut off: a reader on purpose slow costs a socket and disk for a time.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from sigillo.config.backlog import Backlog, Disk
from sigillo.config.bodies import Message, Receive, Send

IDLE_SECONDS = 30.0
"""How long a client may take nothing at all."""
SLOW_SECONDS = 60.0
"""How long a client may keep us waiting, all in all, before its rate counts."""
BYTES_PER_SECOND = 16 * 1024
UNSENT = 128 * 1024
"""What the kernel may hold back for a slow client; with more, minutes pass between two signs of its life."""
_BACKLOG = "sigillo.backlog"

logger = logging.getLogger("sigillo.sending")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class PatientAnswers:
    """An ASGI application that runs one for WSGI in a pool of threads."""

    def __init__(self, application: Wsgi, *, threads: int) -> None:
        self._application = application
        self._pool: Any = WSGIMiddleware(cast("Any", self._make), workers=threads)
        self._disk = Disk()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Exception: what the application raised; an answer that had begun is broken off.
        """
        if scope["type"] != "http":
            await self._pool(scope, receive, send)
            return
        backlog = Backlog(self._disk)
        sender = _Sender(scope, send, backlog)
        making = asyncio.create_task(self._pool({**scope, _BACKLOG: backlog}, receive, sender.begin))
        making.add_done_callback(lambda _task: sender.end())
        try:
            await sender.pass_on()
            await making
            await sender.finish()
        finally:
            making.cancel()
            sender.break_off("it was not made to its end")
            backlog.close()

    def _make(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Run the application in a thread of the pool; its body goes past a2wsgi, which would wait for the client."""
        backlog: Backlog = environ["asgi.scope"][_BACKLOG]
        pieces = self._application(environ, start_response)
        try:
            if environ["REQUEST_METHOD"] != "HEAD":
                all(backlog.put(piece) for piece in pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        return ()


class _Sender:
    """Gives one answer to its client."""

    def __init__(self, scope: Message, send: Send, backlog: Backlog) -> None:
        self._path = scope["path"]
        self._send = send
        self._backlog = backlog
        self._transport = _transport(send)
        self._head: Message | None = None
        self._head_known = asyncio.Event()
        self._complete = False
        self._given = 0
        self._waited = 0.0

    async def begin(self, message: Message) -> None:
        """Take the head of the answer; its body goes into the backlog."""
        if message["type"] == "http.response.start":
            self._head = message
            self._head_known.set()

    def end(self) -> None:
        """Take notice that the maker has ended, well or not."""
        self._head_known.set()
        self._backlog.end()

    async def pass_on(self) -> None:
        """Pass head and body on as they come, until the end or until the answer is given up."""
        await self._head_known.wait()
        if self._head is None:
            return
        if self._transport is not None:
            _let_little_lie(self._transport)
        await self._deliver(self._head)
        while (piece := await self._backlog.take()) is not None:
            await self._deliver({"type": "http.response.body", "body": piece, "more_body": True})
        if self._backlog.given_up:
            self.break_off(self._backlog.given_up)

    async def finish(self) -> None:
        """Say that this was all, unless the answer was given up."""
        if self._head is not None and not self._backlog.given_up:
            await self._deliver({"type": "http.response.body", "body": b"", "more_body": False})
        if self._backlog.given_up:
            await asyncio.sleep(0)  # the server learns of the lost connection, and does not miss the end
        self._complete = True

    def break_off(self, reason: str) -> None:
        """End an answer that is not complete, and in a way that no client takes for its end."""
        if self._complete:
            return
        self._complete = True
        self._backlog.give_up(reason)
        if self._head is None:
            return
        logger.warning("answer to %s broken off: %s", self._path, self._backlog.given_up)
        if self._transport is not None:
            _reset(self._transport)

    async def _deliver(self, message: Message) -> None:
        self._given += len(message.get("body", b""))
        began, waited = monotonic(), self._waited
        sending = asyncio.ensure_future(self._send(message))
        try:
            lying = self._lying()
            while not (await asyncio.wait({sending}, timeout=IDLE_SECONDS))[0]:
                before, lying = lying, self._lying()
                self._waited = waited + monotonic() - began
                if lying == before:
                    self.break_off(f"its client took nothing for {IDLE_SECONDS:.0f} seconds")
                    return
                self._check_rate()
            await sending
        except OSError:
            self._leave()
        finally:
            sending.cancel()
            self._waited = waited + monotonic() - began
        self._check_rate()
        if self._transport is not None and self._transport.is_closing() and message.get("more_body", True):
            self._leave()

    def _check_rate(self) -> None:
        if self._waited > SLOW_SECONDS and self._given - self._lying() < BYTES_PER_SECOND * self._waited:
            self.break_off("its client is too slow")

    def _lying(self) -> int:
        """Bytes that the client has not made room for."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def _leave(self) -> None:
        """Nobody is there any more, which is ordinary and worth no line in the log."""
        self._complete = True
        self._backlog.give_up("its client went away")


def _transport(send: Send) -> asyncio.WriteTransport | None:
    """The connection below uvicorn's `send`: ASGI itself has no word for breaking an answer off."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return transport if isinstance(transport, asyncio.WriteTransport) else None


def _reset(transport: asyncio.WriteTransport) -> None:
    """Drop the connection and what lies in it. A plain close could be read as the end of a body without a length."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _let_little_lie(transport: asyncio.WriteTransport) -> None:
    """Have the client's pace show at once: no piece waits here, and little in the kernel, for the next to be taken."""
    transport.set_write_buffer_limits(high=0)
    connection = transport.get_extra_info("socket")
    if connection.family != socket.AF_UNIX and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
