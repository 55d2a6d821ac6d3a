"""A time-stamping authority on loopback, honest until a test says otherwise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from threading import Event

from sigillo.base.clock import now
from sigillo.identities.timestamp_services import TimestampService
from sigillo.pki.authority import Issuer, create_root, random_serial
from sigillo.pki.keys import generate_p256, load_key
from sigillo.pki.names import Subject
from sigillo.pki.tsa import Failure, Imprint, Unstampable, read_request
from sigillo.pki.tsa_answers import StampingUnit, refuse, stamp
from tests.outbound.servers import Reply, reply, serve
from tests.support.stamping import POLICY, unit_of

REPLY = "application/timestamp-reply"
PATIENCE = 0.3
"""Seconds that the tests' services are given."""

Behave = Callable[["TsaServer", bytes], Reply]


@cache
def stamping_root() -> Issuer:
    return create_root(Subject("Time"), load_key(generate_p256()), not_before=now() - timedelta(days=800), years=20)


@cache
def unit(days: int = 300) -> StampingUnit:
    """A unit whose certificate ends in so many days, or ended."""
    begin = now() - timedelta(days=700)
    return unit_of(stamping_root(), begin=begin, end=now() + timedelta(days=days))


@dataclass
class TsaServer:
    """Where it is, how it behaves, and what it was asked."""

    url: str = ""
    behave: Behave = field(default=lambda server, request: server.stamped(request))
    asked: list[bytes] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def service(self) -> TimestampService:
        return TimestampService(self.url, seconds=PATIENCE)

    def stamped(self, request: bytes, by: StampingUnit | None = None, **lies: object) -> Reply:
        """An answer; `lies` take the place of what the request says."""
        asked = replace(read_request(request, POLICY), **lies)  # type: ignore[arg-type]
        return reply(
            200, stamp(by or unit(), asked, policy=POLICY, serial=random_serial(), at=now()), Content_Type=REPLY
        )


def hangs(server: TsaServer, _request: bytes) -> Reply:
    def never(_handler: BaseHTTPRequestHandler) -> None:
        server.over.wait(10)

    return never


FAULTS: dict[str, Behave] = {
    "error": lambda _server, _request: reply(500, b"out of order"),
    "forbidden": lambda _server, _request: reply(403),
    "slow": hangs,
    "html": lambda _server, _request: reply(200, b"<!doctype html><p>Sign in", Content_Type="text/html"),
    "empty": lambda _server, _request: reply(200, b"", Content_Type=REPLY),
    "refusal": lambda _server, _request: reply(200, refuse(Unstampable(Failure.POLICY, "no")), Content_Type=REPLY),
    "wrong nonce": lambda server, request: server.stamped(request, nonce=1),
    "wrong imprint": lambda server, request: server.stamped(request, imprint=Imprint("sha256", b"x" * 32)),
    "expired certificate": lambda server, request: server.stamped(request, by=unit(-1)),
    "an old answer": lambda server, _request: server.stamped(server.asked[0]),
}


@contextmanager
def tsa_server() -> Iterator[TsaServer]:
    """An authority while the block runs."""
    running = TsaServer()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        request = handler.rfile.read(int(handler.headers["Content-Length"]))
        assert handler.headers["Content-Type"] == "application/timestamp-query"
        running.asked.append(request)
        running.logins.append(handler.headers["Authorization"])
        running.behave(running, request)(handler)

    with serve(answer) as site:
        running.url = site.url("/tsr")
        yield running
        running.over.set()
