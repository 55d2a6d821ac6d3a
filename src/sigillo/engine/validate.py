"""Validating the signatures of a PDF: what a reader of the file may rely on, and why not where not.

pyHanko reads the objects; the rules are our own, because looser ones have been fooled:

1. Each signature covers one revision exactly: all its bytes but the /Contents of its own dictionary.
2. The newest signature, or document time-stamp, covers the whole file.
3. Each CMS verifies over signed attributes with content-type, message-digest and signing-certificate(-v2),
   with SHA-256 or better.
4. Each signer's chain leads to one of the roots that the caller names.
5. What one revision changes in the one before is permitted by every earlier signature.
6. No form field shows one text and holds another.

Revocation is looked up in a register where the caller gives one, and nowhere else. A time-stamp of a signature (B-T)
proves its moment if its authority's chain leads to one of the same roots. Sources: ETSI EN 319 102-1 and 319 142-1,
ISO 32000-2, RFC 5652, 5280 and 3161.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sigillo.engine.errors import EngineError, Unreadable
from sigillo.engine.types import Buffer
from sigillo.engine.validation.appearances import check_appearances
from sigillo.engine.validation.fields import read_fields
from sigillo.engine.validation.history import History
from sigillo.engine.validation.ranges import Standing, locate
from sigillo.engine.validation.reliance import Authorities
from sigillo.engine.validation.report import (
    Coverage,
    Entry,
    Finding,
    Gravity,
    Register,
    Revocation,
    SignatureReport,
    SignerCertificate,
    TimestampReport,
    ValidationReport,
    Verdict,
    verdict_of,
)
from sigillo.engine.validation.revision import Revision, Shelf
from sigillo.engine.validation.signature import Circumstances, judge_signatures
from sigillo.engine.validation.trust import Roots

__all__ = [
    "Coverage",
    "Entry",
    "Finding",
    "Gravity",
    "Register",
    "Revocation",
    "SignatureReport",
    "SignerCertificate",
    "TimestampReport",
    "ValidationReport",
    "Verdict",
    "validate_pdf",
]

MAX_SIGNATURES = 200
STREAM = re.compile(rb"stream")
TRACE = re.compile(rb"/ByteRange\s*\[\s*\d+\s+\d+\s+\d+\s+\d+\s*\]")


def validate_pdf(
    document: Buffer, roots: Sequence[bytes], *, at: datetime, register: Register | None = None
) -> ValidationReport:
    """Validate every signature of `document` against the explicit `roots` (DER) as of the aware time `at`.

    `register` is asked whether the signers' certificates were revoked; it must know them by their issuer's signature,
    and not only by a name and a number, which anybody can put into a certificate.

    Signatures come from the oldest to the newest. Raises Unreadable where the file cannot be read as a PDF,
    Protected where it opens only with a password, EngineError `root_unreadable` where a root is no
    certificate; everything else that is wrong is a finding in the report.
    """
    if at.tzinfo is None:
        raise ValueError("the time of validation must be aware")
    authorities = Authorities(trusted_roots(roots), at.astimezone(UTC), register)
    with memoryview(document) as view:
        return validate_view(view, authorities)


def trusted_roots(roots: Sequence[bytes]) -> Roots:
    """The roots of a validation. Raises EngineError `root_unreadable` where one of them is no certificate."""
    try:
        return Roots(roots)
    except ValueError as error:
        raise EngineError(
            "root_unreadable", "A trust root is no certificate in DER; check the file it came from."
        ) from error


def validate_view(view: memoryview, authorities: Authorities) -> ValidationReport:
    """`validate_pdf` of a part of something else."""
    try:
        shelf = Shelf()
        final = Revision(view, len(view), shelf)
        standings = _standings(view, final)
        history = History(view, final, standings, shelf)
        signatures = judge_signatures(view, standings, Circumstances(final, history, authorities))
        findings = (*_document_findings(view, final, standings), *revocation_findings(signatures))
    except (EngineError, MemoryError):
        raise
    except Exception as error:  # whatever a hostile file makes the parsers raise means the same
        raise Unreadable("damaged", f"The PDF is damaged and cannot be validated ({type(error).__name__}).") from error
    return ValidationReport(verdict_of(signatures, findings), signatures, findings, len(view), authorities.at)


def _standings(view: memoryview, final: Revision) -> list[Standing]:
    """The signed fields of the form, by the length of what they cover."""
    signed = [field for field in read_fields(final) if field.type == "/Sig" and final.resolve(field.value) is not None]
    if len(signed) > MAX_SIGNATURES:
        raise Unreadable("too_many_signatures", f"The PDF has more than {MAX_SIGNATURES} signatures; none was checked.")
    found = [locate(view, final, field) for field in signed]
    return sorted(found, key=lambda standing: standing.span.end if standing.span else 0)


def _document_findings(view: memoryview, final: Revision, standings: Sequence[Standing]) -> Iterator[Finding]:
    if _unlisted(view, final, {standing.offset for standing in standings}):
        yield Finding(
            "signature_not_listed",
            "The file holds a signature that its form no longer lists; somebody has removed it.",
            Gravity.DOUBT if standings else Gravity.FAULT,
        )
    if not standings:
        return
    yield from check_appearances(final)
    if final.hybrid:
        yield Finding(
            "hybrid_file",
            "Old viewers read this file by other cross-references than new ones do.",
            Gravity.NOTE,
        )


def revocation_findings(signatures: Sequence[SignatureReport]) -> Iterator[Finding]:
    """A note where it is not known of every signer whether he was revoked."""
    unchecked = sum(signature.revocation is Revocation.UNCHECKED for signature in signatures)
    if unchecked:
        of_some = f" for {unchecked} of {len(signatures)} signatures" if unchecked < len(signatures) else ""
        yield Finding(
            "revocation_not_checked",
            f"Whether a certificate was revoked has not been looked up{of_some}.",
            Gravity.NOTE,
        )


def _unlisted(view: memoryview, final: Revision, listed: set[int]) -> bool:
    """Whether an object of any time is a signature that no field points to now.

    What stands inside a stream, such as an attached PDF with signatures of its own, is no object of this file.
    """
    offsets = final.ever
    for trace in TRACE.finditer(view):
        before = bisect_right(offsets, trace.start())
        if before == 0 or offsets[before - 1] in listed:
            continue
        if STREAM.search(view, offsets[before - 1], trace.start()) is None:
            return True
    return False
