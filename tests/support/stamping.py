"""A time-stamping authority of the tests: a unit under an authority, and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sigillo.pki.authority import Issuer, issue_timestamping, random_serial
from sigillo.pki.keys import LocalKey, generate_p256, load_key
from sigillo.pki.names import Subject
from sigillo.pki.tsa import Imprint, StampRequest, read_request, write_request
from sigillo.pki.tsa_answers import StampingUnit, stamp
from sigillo.pki.tsa_tokens import read_answer

POLICY = "1.3.6.1.4.1.99999.1"


def unit_of(
    issuer: Issuer,
    *,
    begin: datetime,
    end: datetime,
    chain: tuple[bytes, ...] = (),
    key: LocalKey | None = None,
    serial: int | None = None,
) -> StampingUnit:
    """A unit whose certificate `issuer` signs; `chain` is what its tokens carry beside its own."""
    key = key or load_key(generate_p256())
    certificate = issue_timestamping(
        Subject("Sigillo Test Time-Stamping Unit"),
        key.public_key_der,
        issuer,
        serial=serial or random_serial(),
        not_before=begin,
        not_after=end,
        key_until=begin + timedelta(days=365),
        crl_url="http://127.0.0.1/pki/issuing.crl",
        issuer_url="http://127.0.0.1/pki/issuing.crt",
    )
    return StampingUnit(certificate, chain, key)


@dataclass(frozen=True)
class Tsa:
    """An honest authority, whose clock stands still."""

    unit: StampingUnit
    at: datetime
    policy: str = POLICY

    def answer(self, request: bytes) -> bytes:
        """What it answers to a request (DER)."""
        asked = read_request(request, self.policy)
        return stamp(self.unit, asked, policy=self.policy, serial=random_serial(), at=self.at)


@dataclass
class Source:
    """The engine's source of time-stamps, from an authority in the same process; it counts what it stamped."""

    tsa: Tsa
    room: int = 4096
    stamped: list[bytes] = field(default_factory=list)

    def stamp(self, digest: bytes) -> bytes:
        """A token over the digest."""
        self.stamped.append(digest)
        asked = StampRequest(Imprint("sha256", digest), nonce=len(self.stamped), certificates=True)
        return read_answer(self.tsa.answer(write_request(asked)), asked, at=self.tsa.at).der
