"""The time-stamp that a signature carries beside its signed attributes (ETSI EN 319 122-1, 5.3; RFC 3161).

Nobody signs that place: whoever has the file can put another token there, or none. So a token counts only where it is
over this very signature value, by an authority that one of the roots vouches for.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from asn1crypto import core

from sigillo.engine.validation.cms import TIMESTAMP, Asn1, CmsError, SignedCms, examine, read_cms
from sigillo.engine.validation.report import Finding, Gravity, Register, TimestampReport
from sigillo.engine.validation.trust import Roots, describe

SIGNATURE_TIME_STAMP = "signature_time_stamp_token"
"""As asn1crypto calls it."""


def judge_timestamp(
    signed: SignedCms, roots: Roots, at: datetime, register: Register | None
) -> tuple[TimestampReport | None, list[Finding]]:
    """The time-stamp of a signature, the oldest trusted one where there are several; None where there is none."""
    reports: list[TimestampReport] = []
    findings: list[Finding] = []
    try:
        for token in _tokens(signed.signer_info):
            report, finding = _judge(token, signed.signer_info["signature"].native, roots, at, register)
            reports.append(report)
            findings += [finding] if finding is not None else []
    except CmsError as error:
        findings.append(_broken(error.finding.message))
    except Exception as error:  # noqa: BLE001 - asn1crypto raises many kinds for malformed DER; the finding tells
        findings.append(_broken(f"It is damaged and cannot be read ({type(error).__name__})."))
    best = sorted(reports, key=lambda report: (not report.trusted, report.at))
    return best[0] if best else None, findings


def _tokens(signer_info: Asn1) -> Iterator[bytes]:
    attributes = signer_info["unsigned_attrs"]
    for attribute in () if isinstance(attributes, core.Void) else attributes:
        if attribute["type"].native == SIGNATURE_TIME_STAMP:
            yield from (value.dump() for value in attribute["values"])


def _judge(
    token: bytes, signature: bytes, roots: Roots, at: datetime, register: Register | None
) -> tuple[TimestampReport, Finding | None]:
    stamped = read_cms(token, TIMESTAMP)
    examined = examine(stamped, hashlib.new(stamped.file_algorithm, signature).digest())
    content = stamped.signed_data["encap_content_info"]["content"].parsed
    moment: datetime = content["gen_time"].native
    vouched = roots.vouch_for(stamped.certificate, stamped.certificates, at, timestamps=True)
    entry = register(stamped.certificate) if register is not None else None
    revoked = entry is not None and entry.revoked_at is not None
    holds = examined.intact and examined.valid
    report = TimestampReport(
        at=moment.astimezone(UTC),
        authority=describe(stamped.certificate),
        intact=examined.intact,
        valid=examined.valid,
        trusted=holds and vouched and not revoked,
    )
    if not holds:
        fault = next((found.message for found in examined.findings if found.gravity is Gravity.FAULT), "")
        return report, _broken(fault if examined.intact else "It is over another signature than this one.")
    if revoked:
        message = "The certificate of the time-stamping authority was revoked; the time-stamp shows nothing."
        return report, Finding("timestamp_revoked", message, Gravity.NOTE)
    if not vouched:
        message = (
            "No chain of certificates in force leads from the time-stamping authority to one of the given roots; the "
            "time-stamp shows nothing. If the authority is to be trusted, give its root certificate."
        )
        return report, Finding("timestamp_untrusted", message, Gravity.NOTE)
    return report, None


def _broken(fault: str) -> Finding:
    return Finding("timestamp_wrong", f"The time-stamp of the signature does not hold. {fault}")
