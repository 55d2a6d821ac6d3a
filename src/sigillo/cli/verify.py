"""`sigillo verify FILE`: is this PDF, or envelope (.p7m), signed, by whom, and may it be relied on?

Exit status: 0 valid; 1 signed, but not to be relied on; 2 unsigned, or unreadable.

`--json` prints one object whose keys are stable:

    file, verdict                valid | indeterminate | invalid | unsigned | unreadable
    accepted                     true only for valid
    error                        {code, message}, only for unreadable; then nothing below is there
    size, checked_at             bytes; ISO 8601 in UTC
    revocation_checked           true if the register of this installation told of every signature; nobody else is asked
    problems, notes              findings on the document: [{code, message, gravity}]
    signatures                   oldest first, each with
      field, kind, subfilter     kind: signature | timestamp; of a signer of an envelope "" and CAdES
      signer                     {common_name, subject, issuer, serial, not_before, not_after} or null
      claimed_at                 what the signer says, or null
      digest_algorithm, reason, location
      intact, valid, trusted     the bytes; the signature over them; a chain to one of the roots
      revocation                 good | revoked | unchecked, for the certificate and those above it
      timestamp                  {at, authority {as signer}, intact, valid, trusted} of the signature, or null
      covers, size               whole_file | revision | changed | unclear; bytes of the revision it signed
      locks, locks_respected     form fields it closed, "*" for all, "-name" for all but one
      permission                 DocMDP level 1-3, or null
      problems, notes            as above
"""

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from sigillo.base.clock import now
from sigillo.base.errors import SigilloError
from sigillo.cli.register import Source
from sigillo.engine.errors import Unreadable
from sigillo.engine.validate import (
    Coverage,
    Finding,
    Gravity,
    Revocation,
    SignatureReport,
    SignerCertificate,
    TimestampReport,
    ValidationReport,
    Verdict,
    validate_pdf,
)
from sigillo.engine.validate_envelope import CADES, looks_like_envelope, validate_envelope
from sigillo.pki.certificates import from_pem_or_base64

EXIT = {Verdict.VALID: 0, Verdict.INDETERMINATE: 1, Verdict.INVALID: 1, Verdict.UNSIGNED: 2}
UNREADABLE = 2

COVERS = {
    Coverage.WHOLE_FILE: "the whole file",
    Coverage.REVISION: "an earlier state of the file; what followed is permitted",
    Coverage.CHANGED: "an earlier state of the file; what followed is not permitted",
    Coverage.UNCLEAR: "no state of the file that can be told",
}
REVOCATION = {
    Revocation.GOOD: "not revoked, says the register of this installation",
    Revocation.REVOKED: "REVOKED, says the register of this installation",
    Revocation.UNCHECKED: "not looked up",
}
PERMISSIONS = {
    1: "no change at all",
    2: "filling in forms and signing",
    3: "filling in, signing and comments",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sigillo verify`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the PDF or .p7m to verify")
    parser.add_argument(
        "--root",
        type=Path,
        action="append",
        default=[],
        metavar="PEM",
        help="trust only the root certificates of this file; may be repeated (default: this installation's root)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def run(
    arguments: argparse.Namespace,
    default_roots: Callable[[], list[bytes]],
    default_register: Callable[[], Source],
) -> int:
    """Verify and print; the exit status. `default_roots` (DER) is asked only where no --root is given."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # its remarks on odd files are findings here
    try:
        roots = [der for path in arguments.root for der in _read_roots(path)] or default_roots()
        report = _validate(arguments.file, roots, default_register())
    except (SigilloError, OSError) as error:
        return _refuse(arguments, error)
    if arguments.json:
        print(json.dumps(_as_json(arguments.file, report), indent=2))
    else:
        print("\n".join(_as_text(arguments.file, report)))
    return EXIT[report.verdict]


def _read_roots(path: Path) -> Iterator[bytes]:
    """Every certificate of a PEM file, or the one of a DER file."""
    content = path.read_bytes()
    if content[:1] == b"\x30":
        yield content
        return
    blocks = content.decode("latin-1").split("-----BEGIN CERTIFICATE-----")
    for block in blocks[1:] or blocks:
        yield from_pem_or_base64(f"-----BEGIN CERTIFICATE-----{block}" if blocks[1:] else block)


def _validate(path: Path, roots: list[bytes], source: Source) -> ValidationReport:
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise Unreadable("not_a_pdf", "The file is empty.")
        with mmap(file.fileno(), 0, access=ACCESS_READ) as document:
            validate = validate_envelope if looks_like_envelope(document) else validate_pdf
            report = validate(document, roots, at=now(), register=source.register)
    if not report.signatures or not source.why_not:
        return report
    note = Finding("register_not_asked", source.why_not, Gravity.NOTE)
    return replace(report, findings=(*report.findings, note))


def _refuse(arguments: argparse.Namespace, error: SigilloError | OSError) -> int:
    if isinstance(error, SigilloError):
        code, message = error.code, error.message
    else:
        code, message = "not_readable", f"{error.filename} cannot be read: {error.strerror}."
    if arguments.json:
        answer = {
            "file": str(arguments.file),
            "verdict": "unreadable",
            "accepted": False,
            "error": {"code": code, "message": message},
        }
        print(json.dumps(answer, indent=2))
    else:
        print(f"{_plain(str(arguments.file))}: {_plain(message)}", file=sys.stderr)
    return UNREADABLE


def _as_json(path: Path, report: ValidationReport) -> dict[str, Any]:
    return {
        "file": str(path),
        "verdict": report.verdict.value,
        "accepted": report.accepted,
        "size": report.size,
        "checked_at": _instant(report.checked_at),
        "revocation_checked": report.revocation_checked,
        **_findings_as_json(report.findings),
        "signatures": [_signature_as_json(signature) for signature in report.signatures],
    }


def _signature_as_json(signature: SignatureReport) -> dict[str, Any]:
    values = {"field": signature.field_name} | asdict(signature)
    del values["field_name"]
    values["claimed_at"] = _instant(signature.claimed_at)
    values["covers"] = signature.covers.value
    values["revocation"] = signature.revocation.value
    if signature.signer is not None:
        values["signer"] = _certificate_as_json(signature.signer)
    if signature.timestamp is not None:
        values["timestamp"] |= {
            "at": _instant(signature.timestamp.at),
            "authority": _certificate_as_json(signature.timestamp.authority),
        }
    del values["findings"]
    return values | _findings_as_json(signature.findings)


def _certificate_as_json(certificate: SignerCertificate) -> dict[str, Any]:
    period = {"not_before": _instant(certificate.not_before), "not_after": _instant(certificate.not_after)}
    return asdict(certificate) | period


def _findings_as_json(findings: Iterable[Finding]) -> dict[str, list[dict[str, str]]]:
    problems, notes = _sort(findings)
    return {
        "problems": [asdict(finding) for finding in problems],
        "notes": [asdict(finding) for finding in notes],
    }


def _sort(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    listed = list(findings)
    return (
        [finding for finding in listed if finding.gravity is not Gravity.NOTE],
        [finding for finding in listed if finding.gravity is Gravity.NOTE],
    )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _as_text(path: Path, report: ValidationReport) -> Iterator[str]:
    yield _plain(str(path))
    for position, signature in enumerate(report.signatures, 1):
        title = "Time-stamp" if signature.kind == "timestamp" else "Signature"
        yield ""
        place = f"in the field {_plain(signature.field_name)}" if signature.subfilter != CADES else "of the envelope"
        yield f"{title} {position} of {len(report.signatures)}, {place}"
        for label, value in _lines(signature):
            yield f"  {label:<12}{_plain(value)}"
    yield ""
    for label, findings in zip(("Problem", "Note"), _sort(report.findings), strict=True):
        for finding in findings:
            yield f"{label}: {_plain(finding.message)}"
    yield _conclusion(report)


def _lines(signature: SignatureReport) -> Iterator[tuple[str, str]]:
    signer = signature.signer
    if signer is not None:
        yield "Signer", signer.common_name or signer.subject
        yield "Issued by", signer.issuer
        yield "Serial", signer.serial
        yield "In force", f"{signer.not_before:%Y-%m-%d} to {signer.not_after:%Y-%m-%d}"
    if signature.claimed_at is not None:
        yield "Signed", f"{signature.claimed_at:%Y-%m-%d %H:%M:%S} UTC, as the signer says"
    if signature.timestamp is not None:
        yield "Time-stamp", _timestamp(signature.timestamp)
    for label, value in (("Reason", signature.reason), ("Location", signature.location)):
        if value:
            yield label, value
    yield "Kind", ", ".join(filter(None, (signature.subfilter, signature.digest_algorithm)))
    yield "Bytes", "unchanged" if signature.intact else "NOT the ones that were signed"
    yield "Signature", "verifies" if signature.valid else "does NOT verify"
    yield (
        "Trust",
        "a chain leads to a trusted root" if signature.trusted else "NO chain leads to a trusted root",
    )
    yield "Revocation", REVOCATION[signature.revocation]
    yield "Covers", COVERS[signature.covers]
    if signature.locks:
        respected = "" if signature.locks_respected else ", NOT respected"
        yield "Locks", f"{', '.join(signature.locks)}{respected}"
    if signature.permission is not None:
        yield "Permits", PERMISSIONS.get(signature.permission, str(signature.permission))
    for label, findings in zip(("Problem", "Note"), _sort(signature.findings), strict=True):
        for finding in findings:
            yield label, finding.message


def _timestamp(timestamp: TimestampReport) -> str:
    by = timestamp.authority.common_name or timestamp.authority.subject
    return f"{timestamp.at:%Y-%m-%d %H:%M:%S} UTC, by {by}{'' if timestamp.trusted else ', NOT trusted'}"


def _conclusion(report: ValidationReport) -> str:
    count = len(report.signatures)
    signatures = "The signature holds" if count == 1 else f"All {count} signatures hold"
    return {
        Verdict.VALID: f"VALID. {signatures}, and the newest covers the whole file.",
        Verdict.INDETERMINATE: "INDETERMINATE. What was signed is unchanged, but read the problems above first.",
        Verdict.INVALID: "INVALID. Do not rely on this document: read the problems above.",
        Verdict.UNSIGNED: "UNSIGNED. The document has no signature.",
    }[report.verdict]


def _plain(text: str) -> str:
    """Text of a stranger for a terminal: no control characters, and none that reverse what is read."""
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
