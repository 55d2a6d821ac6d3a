"""Validating the signatures of an envelope (.p7m), and those of a PDF inside it.

Each signer must hold by itself: content-type, message-digest and signing-certificate(-v2) among the signed attributes,
SHA-256 or better, and a chain to one of the roots that the caller names; what it signs is all of the file inside. The
file is hashed where it lies. Sources: ETSI EN 319 102-1 and 319 122-1, RFC 5652.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from asn1crypto import cms, parser

from sigillo.engine.cms import SIGNED_DATA
from sigillo.engine.der import IDENTIFIER, INTEGER, OCTETS, SEQUENCE, SET, Steps, sequence, tlv
from sigillo.engine.errors import EngineError, Refusal, Unreadable
from sigillo.engine.types import Buffer
from sigillo.engine.validate import revocation_findings, trusted_roots, validate_view
from sigillo.engine.validation.cms import CADES, Asn1, CmsError, Examined, SignedCms, examine, read_signer
from sigillo.engine.validation.reliance import Authorities, rely_on
from sigillo.engine.validation.report import (
    Coverage,
    Finding,
    Gravity,
    Register,
    SignatureReport,
    ValidationReport,
    verdict_of,
)
from sigillo.engine.validation.trust import describe

__all__ = ["CADES", "looks_like_envelope", "validate_envelope"]

MAX_SIGNERS = 200
MAX_IN_MEMORY = 256 * 1024 * 1024
"""Bytes of an envelope in another form than definite lengths and one piece, which has to be read as a whole."""
_HEAD = 512


class _Opened(NamedTuple):
    """The signatures without the file, and the file."""

    signed_data: Asn1
    content: memoryview
    trailing: int


def looks_like_envelope(document: Buffer) -> bool:
    """Whether a file begins like a CMS: a PDF never does."""
    return document[:1] == b"\x30"


def validate_envelope(
    document: Buffer, roots: Sequence[bytes], *, at: datetime, register: Register | None = None
) -> ValidationReport:
    """Validate every signature of an envelope against the explicit `roots` (DER) as of the aware time `at`.

    The signatures of a PDF inside come first, since they are older. Raises Unreadable where the file is no attached
    SignedData, EngineError `root_unreadable` where a root is no certificate; everything else is a finding.
    """
    if at.tzinfo is None:
        raise ValueError("the time of validation must be aware")
    authorities = Authorities(trusted_roots(roots), at.astimezone(UTC), register)
    with memoryview(document) as view:
        try:
            opened = _open(view)
            own = _judge_signers(opened, len(view), authorities)
        except EngineError:
            raise
        except Exception as error:  # whatever a hostile file makes the parser raise means the same
            raise _unreadable() from error
        inner, notes = _inside(opened.content, authorities)
        signatures = (*inner.signatures, *own) if inner else own
        trailing = (_TRAILING,) if opened.trailing else ()
        findings = (*trailing, *notes, *(inner.findings if inner else ()), *revocation_findings(signatures))
        return ValidationReport(verdict_of(signatures, findings), signatures, findings, len(view), authorities.at)


_TRAILING = Finding("bytes_after", "Other bytes follow the envelope, which nobody signed.")


def _open(view: memoryview) -> _Opened:
    try:
        return _open_in_place(view)
    except ValueError:
        if len(view) > MAX_IN_MEMORY:
            raise _unreadable() from None
    return _open_in_memory(view)


def _open_in_place(view: memoryview) -> _Opened:
    """Step down to the file by its lengths. Raises ValueError where one of them is not definite, or out of order."""
    steps = Steps(bytes(view[:_HEAD]))
    end = steps.enter(SEQUENCE)
    if steps.skip(IDENTIFIER) != SIGNED_DATA:
        raise ValueError("no SignedData")
    steps.enter(0xA0)
    steps.enter(SEQUENCE)
    stated = steps.skip(INTEGER) + steps.skip(SET)
    after = steps.enter(SEQUENCE)
    kind = steps.skip(IDENTIFIER)
    steps.enter(0xA0)
    if steps.enter(OCTETS) != after or not after < end <= len(view):
        raise ValueError("the file is not in one piece, or cut short")
    detached = sequence(SIGNED_DATA, tlv(0xA0, sequence(stated, sequence(kind), bytes(view[after:end]))))
    signed_data = cms.ContentInfo.load(detached, strict=True)["content"]
    return _Opened(signed_data, view[steps.at : after], len(view) - end)


def _open_in_memory(view: memoryview) -> _Opened:
    """The same for indefinite lengths, and for a file in pieces (X.690, 8.1.3.6 and 8.7)."""
    whole = bytes(view)
    info = cms.ContentInfo.load(whole)
    if info["content_type"].native != "signed_data":
        raise _unreadable()
    signed_data = info["content"]
    content = signed_data["encap_content_info"]["content"]
    if content.native is None:
        raise Unreadable("not_attached", "The signature is detached: the file that it signs is not inside.")
    size = sum(len(part) for part in parser.parse(whole)[3:6])
    held = memoryview(bytes(content))
    del signed_data["encap_content_info"]["content"]
    return _Opened(signed_data, held, len(whole) - size)


def _unreadable() -> Unreadable:
    return Unreadable("not_an_envelope", "The file is no envelope of signatures (CMS), or is damaged.")


def _judge_signers(opened: _Opened, size: int, authorities: Authorities) -> tuple[SignatureReport, ...]:
    infos = opened.signed_data["signer_infos"]
    if not len(infos):
        raise Unreadable("no_signers", "The envelope holds no signature.")
    if len(infos) > MAX_SIGNERS:
        raise Unreadable("too_many_signatures", f"The envelope has more than {MAX_SIGNERS} signers; none was checked.")
    digests: dict[str, bytes] = {}
    return tuple(_judge(opened, info, digests, size, authorities) for info in infos)


def _judge(
    opened: _Opened, info: Asn1, digests: dict[str, bytes], size: int, authorities: Authorities
) -> SignatureReport:
    signed, findings = _read(opened.signed_data, info)
    examined = Examined(False, False, ())
    if signed is not None:
        if signed.file_algorithm not in digests:
            digests[signed.file_algorithm] = hashlib.new(signed.file_algorithm, opened.content).digest()
        try:
            examined = examine(signed, digests[signed.file_algorithm])
        except Exception as error:  # noqa: BLE001 - asn1crypto reads lazily, and raises as late as this
            findings = (_damaged(error),)
    certificate = describe(signed.certificate) if signed is not None else None
    claimed_at = signed.signing_time if signed is not None else None
    reliance = rely_on(signed, certificate, claimed_at, authorities)
    return SignatureReport(
        field_name="",
        kind="signature",
        subfilter=CADES,
        signer=certificate,
        claimed_at=claimed_at,
        digest_algorithm=signed.file_algorithm if signed is not None else "",
        reason="",
        location="",
        intact=examined.intact,
        valid=examined.valid,
        trusted=reliance.trusted,
        revocation=reliance.revocation,
        timestamp=reliance.timestamp,
        covers=Coverage.UNCLEAR if signed is None or opened.trailing else Coverage.WHOLE_FILE,
        size=size,
        locks=(),
        locks_respected=True,
        permission=None,
        findings=(*findings, *examined.findings, *reliance.findings),
    )


def _read(signed_data: Asn1, info: Asn1) -> tuple[SignedCms | None, tuple[Finding, ...]]:
    try:
        signed = read_signer(signed_data, info, CADES)
        describe(signed.certificate)
        _ = signed.signing_time
    except CmsError as error:
        return None, (error.finding,)
    except Exception as error:  # noqa: BLE001 - asn1crypto raises many kinds for malformed DER; the finding tells
        return None, (_damaged(error),)
    return signed, ()


def _damaged(error: Exception) -> Finding:
    return Finding("cms_unreadable", f"A signature is damaged and cannot be read ({type(error).__name__}).")


def _inside(content: memoryview, authorities: Authorities) -> tuple[ValidationReport | None, Iterator[Finding]]:
    """The report on a PDF inside that has signatures of its own; a note where it could not be looked at."""
    if b"%PDF-" not in bytes(content[:1024]):
        return None, iter(())
    try:
        report = validate_view(content, authorities)
    except Refusal as error:
        message = f"Whether the PDF inside has signatures of its own has not been looked up: {error.message}"
        return None, iter((Finding("content_not_read", message, Gravity.NOTE),))
    of_file = tuple(finding for finding in report.findings if finding.code != "revocation_not_checked")
    return replace(report, findings=of_file), iter(())
