"""Where this installation's time-stamps come from: an ordered list, of which the next is asked when one fails.

In a sandbox its own authority is the last of them; in production there are those that the operator named and no other.
Nothing is ever signed without the time-stamp that was asked for.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from django.conf import settings

from sigillo.base.clock import now
from sigillo.base.errors import Invalid, Unavailable
from sigillo.identities import timestamping
from sigillo.identities.timestamp_services import StampingFault, TimestampService, ask, new_request
from sigillo.installation import is_sandbox, outbound
from sigillo.pki.tsa import write_request
from sigillo.pki.tsa_tokens import Token, read_answer

log = logging.getLogger("sigillo.tsa")

FIRST_ROOM = 8192
"""Bytes that are left for the token of an authority of which none was seen yet."""
SPARE = 256
"""Signatures of elliptic curves differ in length, and numbers grow."""
REST_SECONDS = 30.0
"""For so long an authority that failed is asked after the others, so that not every signature waits for it first."""
OWN = "the authority of this installation"


@dataclass(frozen=True, slots=True)
class _Authority:
    name: str
    stamp: Callable[[bytes], Token]


class _Memory:
    """What this process knows of the authorities, by their names: the largest token of each, and when it failed."""

    def __init__(self) -> None:
        self.largest: dict[str, int] = {}
        self.failed: dict[str, float] = {}

    def room(self, name: str) -> int:
        return self.largest[name] + SPARE if name in self.largest else FIRST_ROOM

    def rests(self, name: str) -> bool:
        return monotonic() - self.failed.get(name, -REST_SECONDS) < REST_SECONDS


MEMORY = _Memory()


@dataclass(slots=True)
class OrderedSource:
    """The engine's source of time-stamps for one signature; `token` is what it gave in the end."""

    authorities: tuple[_Authority, ...]
    token: Token | None = field(default=None)

    @property
    def room(self) -> int:
        """Bytes that suffice for a token of any of the authorities, as far as is known."""
        return max(MEMORY.room(authority.name) for authority in self.authorities)

    def stamp(self, digest: bytes) -> bytes:
        """The token of the first authority that gives one that holds. Raises Unavailable where none does."""
        for authority in sorted(self.authorities, key=lambda each: MEMORY.rests(each.name)):
            try:
                self.token = authority.stamp(digest)
            except StampingFault as fault:
                MEMORY.failed[authority.name] = monotonic()
                log.warning("no time-stamp from %s: %s", authority.name, fault)
                continue
            MEMORY.failed.pop(authority.name, None)
            MEMORY.largest[authority.name] = max(MEMORY.largest.get(authority.name, 0), len(self.token.der))
            return self.token.der
        raise Unavailable(
            "timestamp_unavailable",
            "No time-stamping authority gave a time-stamp that holds, so nothing was signed; try again shortly.",
        )


def has_source() -> bool:
    """Whether this installation can have anything time-stamped."""
    return is_sandbox() or bool(settings.SIGILLO_TSA)


def timestamp_source() -> OrderedSource:
    """A source for one signature. Raises Unavailable where nobody is configured."""
    services: tuple[TimestampService, ...] = settings.SIGILLO_TSA
    roots: tuple[bytes, ...] = settings.SIGILLO_TSA_ROOTS
    listed = [_Authority(each.name, partial(ask, each, outbound(), roots=roots)) for each in services]
    if is_sandbox():
        listed.append(_Authority(OWN, _own_stamp))
    if not listed:
        raise Unavailable(
            "no_timestamp_authority",
            "This installation has no time-stamping authority; its operator must set SIGILLO_TSA_URLS.",
        )
    return OrderedSource(tuple(listed))


def _own_stamp(digest: bytes) -> Token:
    """A time-stamp of the sandbox itself, without a network, and checked like any other."""
    asked, roots = new_request(digest), (timestamping.trust_root(),)
    try:
        return read_answer(timestamping.answer(write_request(asked)), asked, at=now(), roots=roots)
    except Invalid as error:
        raise StampingFault(error.message) from error
