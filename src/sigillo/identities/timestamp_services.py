"""One call of a time-stamping authority of somebody else, and every way in which it fails (RFC 3161 §3.4)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundError
from sigillo.outbound.targets import read_target
from sigillo.outbound.values import BasicAuth, Limits, Request
from sigillo.pki.tsa import Imprint, StampRequest, write_request
from sigillo.pki.tsa_tokens import Token, read_answer

MAX_ANSWER = 262_144
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True, slots=True)
class TimestampService:
    """An authority as the operator configured it; without a user name it is asked without a login.

    `seconds` are for one answer, from the look-up of the name on: who signs is waiting, and others may be asked next.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 5.0

    @property
    def name(self) -> str:
        """How messages call it: its host."""
        return read_target(self.url).name


class StampingFault(Exception):
    """The authority gave no time-stamp that holds; the text is a sentence for the operator, without secrets."""


def new_request(digest: bytes) -> StampRequest:
    """A request for a time-stamp over a SHA-256, unlike any before it."""
    return StampRequest(Imprint("sha256", digest), nonce=secrets.randbits(64), certificates=True)


def ask(service: TimestampService, outbound: Outbound, digest: bytes, roots: Sequence[bytes]) -> Token:
    """Have a SHA-256 stamped; `roots` (DER) are those that the authority's certificate must lead to, if there are any.

    Raises StampingFault.
    """
    asked = new_request(digest)
    auth = BasicAuth(service.username, service.password) if service.username else None
    request = Request(service.url, "POST", _HEADERS, auth, body=write_request(asked))
    content = bytearray()
    try:
        outbound.fetch(request, Limits(MAX_ANSWER, service.seconds), content.extend)
    except OutboundError as error:
        raise StampingFault(error.message) from error
    try:
        return read_answer(bytes(content), asked, at=now(), roots=roots)
    except Invalid as error:
        raise StampingFault(error.message) from error
