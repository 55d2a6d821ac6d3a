"""What a signer may be believed: who vouches for him, whether he was revoked, since when the signature is there.

The signer's own word for the time decides nothing but how grave a fault is. A time-stamp whose authority one of the
roots vouches for is a proof (ETSI EN 319 102-1, 5.5): what ended after it takes nothing from the signature.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sigillo.engine.validation.cms import TIMESTAMP, SignedCms
from sigillo.engine.validation.report import (
    Finding,
    Gravity,
    Register,
    Revocation,
    SignerCertificate,
    TimestampReport,
)
from sigillo.engine.validation.timestamps import judge_timestamp
from sigillo.engine.validation.trust import Roots

CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of signer, authority and verifier may lie apart."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """Who is asked about signers: the roots, the moment of the validation, and a register if there is one."""

    roots: Roots
    at: datetime
    register: Register | None = None


@dataclass(frozen=True, slots=True)
class Reliance:
    """What came of it; see `SignatureReport`."""

    trusted: bool
    revocation: Revocation
    timestamp: TimestampReport | None
    findings: tuple[Finding, ...]


def rely_on(
    signed: SignedCms | None,
    certificate: SignerCertificate | None,
    claimed_at: datetime | None,
    authorities: Authorities,
) -> Reliance:
    """Judge the signer of a CMS that could be read, and the time-stamp that it carries."""
    if signed is None or certificate is None:
        return Reliance(False, Revocation.UNCHECKED, None, ())
    timestamp, about_timestamp = judge_timestamp(signed, authorities.roots, authorities.at, authorities.register)
    proven_at = timestamp.at if timestamp is not None and timestamp.trusted else None
    trusted, about_trust = _trust(signed, claimed_at, proven_at, authorities)
    revocation, about_revocation = _revocation(signed, claimed_at, proven_at, authorities.register)
    findings = (
        *_time_findings(certificate, claimed_at, authorities.at),
        *about_trust,
        *about_revocation,
        *about_timestamp,
        *_order_findings(claimed_at, timestamp),
    )
    return Reliance(trusted, revocation, timestamp, findings)


def _trust(
    signed: SignedCms, claimed_at: datetime | None, proven_at: datetime | None, authorities: Authorities
) -> tuple[bool, list[Finding]]:
    """The chain at the time of validation, or at one that is proven; a claimed one decides only how grave it is."""
    roots, at, stamps = authorities.roots, authorities.at, signed.subfilter == TIMESTAMP
    if roots.vouch_for(signed.certificate, signed.certificates, at, timestamps=stamps):
        return True, []
    if proven_at is not None and roots.vouch_for(signed.certificate, signed.certificates, proven_at, timestamps=stamps):
        return True, [EXPIRED_AFTER_TIMESTAMP]
    earlier = claimed_at if claimed_at is not None and claimed_at < at else at
    was = roots.vouch_for(signed.certificate, signed.certificates, earlier, timestamps=stamps)
    return False, [EXPIRED_SINCE if was else UNTRUSTED]


def _revocation(
    signed: SignedCms, claimed_at: datetime | None, proven_at: datetime | None, register: Register | None
) -> tuple[Revocation, list[Finding]]:
    """What the register says of the signer."""
    entry = register(signed.certificate) if register is not None else None
    if entry is None:
        return Revocation.UNCHECKED, []
    if entry.revoked_at is None:
        return Revocation.GOOD, []
    return Revocation.REVOKED, [_revoked(entry.revoked_at, entry.reason, claimed_at, proven_at)]


def _revoked(revoked_at: datetime, reason: str, claimed_at: datetime | None, proven_at: datetime | None) -> Finding:
    """EN 319 102-1, 5.2.6 (REVOKED_NO_POE): without a proof that the signature is older it may be younger."""
    why = f" ({reason})" if reason else ""
    since = f"The signer's certificate, or one above it, was revoked on {revoked_at:%Y-%m-%d %H:%M:%S} UTC{why}"
    if claimed_at is not None and claimed_at > revoked_at:
        return Finding("signed_after_revocation", f"{since}, before the signature says that it was made.")
    if proven_at is not None and proven_at < revoked_at:
        return Finding("revoked_since", f"{since}, after its time-stamp shows that it was made.", Gravity.NOTE)
    return Finding(
        "revoked", f"{since}; nothing but the signer's own word says that the signature is older.", Gravity.DOUBT
    )


EXPIRED_AFTER_TIMESTAMP = Finding(
    "certificate_expired_since",
    "The signer's certificate, or one above it, has expired since; the time-stamp shows that the signature is older.",
    Gravity.NOTE,
)
EXPIRED_SINCE = Finding(
    "certificate_expired",
    "The signer's certificate, or one above it, has expired since; nothing but the signer's own word says that "
    "the signature is older.",
    Gravity.DOUBT,
)
UNTRUSTED = Finding(
    "untrusted",
    "No chain of certificates in force leads from the signer to one of the given roots; if the signer's "
    "authority is to be trusted, give its root certificate.",
)


def _time_findings(certificate: SignerCertificate, claimed_at: datetime | None, at: datetime) -> Iterator[Finding]:
    if claimed_at is None:
        yield Finding("no_claimed_time", "The signature does not say when it was made.", Gravity.NOTE)
        return
    if not certificate.not_before - CLOCK_SKEW <= claimed_at <= certificate.not_after + CLOCK_SKEW:
        yield Finding(
            "claimed_outside_validity",
            "The signature says that it was made at a time when its certificate was not in force.",
        )
    if claimed_at > at + CLOCK_SKEW:
        yield Finding("claimed_in_future", "The signature says that it was made in the future.", Gravity.DOUBT)


def _order_findings(claimed_at: datetime | None, timestamp: TimestampReport | None) -> Iterator[Finding]:
    """A signature cannot be younger than the time-stamp over it (EN 319 102-1, 5.5)."""
    if claimed_at is None or timestamp is None or not timestamp.trusted:
        return
    if claimed_at > timestamp.at + CLOCK_SKEW:
        yield Finding(
            "claimed_after_timestamp", "The signature says that it was made after its own time-stamp.", Gravity.DOUBT
        )
