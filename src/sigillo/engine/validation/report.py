"""What a validation says. All values are immutable and know nothing of how they were found."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Gravity(StrEnum):
    """What one finding does to the verdict."""

    NOTE = "note"
    """Worth knowing; the document is accepted."""
    DOUBT = "doubt"
    """What was signed is intact, but the file alone does not show that it can be relied on."""
    FAULT = "fault"
    """The document is refused."""


class Verdict(StrEnum):
    """The answer for the whole document; the first three are those of ETSI EN 319 102-1, 5.1.3."""

    VALID = "valid"
    INDETERMINATE = "indeterminate"
    INVALID = "invalid"
    UNSIGNED = "unsigned"


class Coverage(StrEnum):
    """How much of the file one signature vouches for."""

    WHOLE_FILE = "whole_file"
    """Every byte but its own /Contents."""
    REVISION = "revision"
    """An earlier state of the file; what followed is permitted by the signature."""
    CHANGED = "changed"
    """An earlier state of the file; what followed is not permitted by the signature."""
    UNCLEAR = "unclear"
    """No state of the file that can be told from the byte range."""


class Revocation(StrEnum):
    """What is known of the revocation of a signer's certificate and of those above it."""

    UNCHECKED = "unchecked"
    """There was no register to ask, or it does not know the certificate."""
    GOOD = "good"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a register holds of a certificate that it knows: since when it is revoked (aware) and why, or neither."""

    revoked_at: datetime | None = None
    reason: str = ""


Register = Callable[[bytes], Entry | None]
"""Asked about a certificate in DER, it speaks for those above it too; None where it does not know it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was noticed: `code` for programs, `message` a sentence for people."""

    code: str
    message: str
    gravity: Gravity = Gravity.FAULT


@dataclass(frozen=True, slots=True)
class SignerCertificate:
    """The certificate a signature names as its signer's, as far as people ask for it.

    `subject` and `issuer` are RFC 4514 strings, `serial` is hexadecimal, times are aware (UTC).
    """

    common_name: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class TimestampReport:
    """The time-stamp that a signature carries: when it says that the signature was there (aware, UTC), and who says so.

    `intact`: it is over this signature. `valid`: it verifies with the authority's key. `trusted`: both, and a chain
    leads to one of the roots: only then it proves its moment.
    """

    at: datetime
    authority: SignerCertificate
    intact: bool
    valid: bool
    trusted: bool


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What was found about one signature or document time-stamp.

    `intact`: the signed bytes are those of the CMS message-digest. `valid`: the CMS is well formed for
    PAdES and its signature verifies with the signer's key. `trusted`: a chain leads to one of the explicit
    roots, at the time of the validation or at that of a trusted time-stamp; whether it was revoked is told apart.
    `size` is the length in bytes of the revision it signed. `locks` are the form fields it closed ("*" for all of
    them); `permission` is its DocMDP level, if any.
    """

    field_name: str
    kind: str
    subfilter: str
    signer: SignerCertificate | None
    claimed_at: datetime | None
    digest_algorithm: str
    reason: str
    location: str
    intact: bool
    valid: bool
    trusted: bool
    revocation: Revocation
    timestamp: TimestampReport | None
    covers: Coverage
    size: int
    locks: tuple[str, ...]
    locks_respected: bool
    permission: int | None
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that keep this signature from being accepted."""
        return tuple(finding for finding in self.findings if finding.gravity is not Gravity.NOTE)


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The verdict on a document, with its signatures from the oldest to the newest.

    `findings` concern the document as a whole.
    """

    verdict: Verdict
    signatures: tuple[SignatureReport, ...]
    findings: tuple[Finding, ...]
    size: int
    checked_at: datetime

    @property
    def revocation_checked(self) -> bool:
        """Whether the revocation of every signer's certificate was looked up."""
        known = (signature.revocation is not Revocation.UNCHECKED for signature in self.signatures)
        return bool(self.signatures) and all(known)

    @property
    def accepted(self) -> bool:
        """Whether every signature holds and the newest covers the file as it is."""
        return self.verdict is Verdict.VALID

    @property
    def problems(self) -> tuple[Finding, ...]:
        """Everything that keeps the document from being accepted, its own findings first."""
        own = tuple(finding for finding in self.findings if finding.gravity is not Gravity.NOTE)
        return own + tuple(problem for signature in self.signatures for problem in signature.problems)


def verdict_of(signatures: tuple[SignatureReport, ...], findings: tuple[Finding, ...]) -> Verdict:
    """The worst finding decides; without signatures, and with nothing wrong, a document is unsigned."""
    gravities = {finding.gravity for finding in findings}
    for signature in signatures:
        gravities |= {finding.gravity for finding in signature.findings}
    if Gravity.FAULT in gravities:
        return Verdict.INVALID
    if not signatures:
        return Verdict.UNSIGNED
    return Verdict.INDETERMINATE if Gravity.DOUBT in gravities else Verdict.VALID
