"""Real servers on loopback: each test says in a few lines how one behaves, well or badly."""

import socket
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from sigillo.outbound.client import Outbound
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.values import Answer, Limits, Request

LIMITS = Limits(max_bytes=1_000_000, total_seconds=5, max_redirects=3)
LOOPBACK = OutboundPolicy(allow=("127.0.0.0/8", "::1"))


@dataclass
class Seen:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Message


@dataclass
class Site:
    """A running server, and what it was asked."""

    host: str
    port: int
    scheme: str
    seen: list[Seen] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


Reply = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    """A well-behaved answer; `Content_Type="…"` becomes the header Content-Type."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Our client hangs up in the middle on purpose; that is no news."""


@contextmanager
def serve(behave: Reply, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Site]:
    """An HTTP server that answers every request with `behave`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            site.seen.append(Seen(self.command, self.path, self.headers))
            behave(self)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = _Server((host, 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site = Site(host, server.server_address[1], "https" if tls else "http")
    with running(server):
        yield site


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def raw(talk: Callable[[socket.socket, Event], None]) -> Iterator[Site]:
    """A server that reads the request's head and then says whatever `talk` says, HTTP or not.

    The event is set when the test is over.
    """
    over = Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            received = b""
            while b"\r\n\r\n" not in received:
                received += self.request.recv(65_536)
            try:
                talk(self.request, over)
            except OSError:  # our client hung up, as it should
                over.wait(0)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    server = Server(("127.0.0.1", 0), Handler)
    with running(server):
        yield Site("127.0.0.1", server.server_address[1], "http")
        over.set()


_outbound = cache(Outbound)


def nowhere(_: bytes) -> None:
    """A sink for what should not come."""


def fetch(
    url: str, policy: OutboundPolicy = LOOPBACK, limits: Limits = LIMITS, **options: object
) -> tuple[Answer, bytes]:
    """Fetch into memory."""
    body = bytearray()
    answer = _outbound(policy).fetch(Request(url, **options), limits, body.extend)  # type: ignore[arg-type]
    return answer, bytes(body)
