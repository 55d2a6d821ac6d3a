"""One signature, from where it stands to what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from sigillo.engine.validation.cms import TIMESTAMP, CmsError, Examined, SignedCms, examine, read_cms
from sigillo.engine.validation.fields import text_of
from sigillo.engine.validation.history import History
from sigillo.engine.validation.locks import Locks, judge, read_locks
from sigillo.engine.validation.ranges import Standing, digests
from sigillo.engine.validation.reliance import Authorities, rely_on
from sigillo.engine.validation.report import Coverage, Finding, Gravity, SignatureReport
from sigillo.engine.validation.revision import Revision
from sigillo.engine.validation.trust import describe

LOCK_CODES = frozenset({"locked_field", "locked_document"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all signatures of one document are judged by."""

    final: Revision
    history: History
    authorities: Authorities


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A signature and what was found so far; `signed` is None where its CMS could not be read."""

    standing: Standing
    signed: SignedCms | None
    findings: tuple[Finding, ...]


def judge_signatures(
    view: memoryview, standings: Sequence[Standing], circumstances: Circumstances
) -> tuple[SignatureReport, ...]:
    """A report for each signature; `standings` come from the oldest to the newest."""
    final, history = circumstances.final, circumstances.history
    parsed = [_parse(final, standing, standings) for standing in standings]
    wanted = [(one.standing.span, one.signed.file_algorithm) for one in parsed if one.signed and one.standing.span]
    taken = digests(view, wanted)
    newest = max((one.standing.span.end for one in parsed if one.standing.span), default=0)
    reports: list[SignatureReport] = []
    certified = False
    for one in parsed:
        span = one.standing.span
        locks = read_locks(final, one.standing.field, one.standing.entries)
        certified = certified or locks.permission in {2, 3}
        digest = taken[span, one.signed.file_algorithm] if one.signed is not None and span is not None else b""
        own = history.findings_at(one.standing, newest=span is not None and span.end == newest)
        later = list(judge(history.changes_after(span.end), locks, certified=certified)) if span else []
        reports.append(_Judgement(circumstances, one, _examine(one.signed, digest), locks, own, later).report())
    return tuple(reports)


def _parse(final: Revision, standing: Standing, standings: Sequence[Standing]) -> _Parsed:
    findings = list(standing.findings)
    if sum(other.offset == standing.offset or other.span == standing.span for other in standings) > 1:
        findings.append(Finding("signature_shared", "Two form fields claim the same signature."))
    if standing.span is None:
        return _Parsed(standing, None, tuple(findings))
    try:
        signed = read_cms(standing.contents, str(final.get(standing.entries, "/SubFilter") or ""))
        describe(signed.certificate)
    except CmsError as error:
        return _Parsed(standing, None, (*findings, error.finding))
    except Exception as error:  # noqa: BLE001 - asn1crypto raises many kinds for malformed DER; the finding tells
        return _Parsed(standing, None, (*findings, _unreadable(error)))
    return _Parsed(standing, signed, tuple(findings))


def _examine(signed: SignedCms | None, digest: bytes) -> Examined:
    if signed is None:
        return Examined(False, False, ())
    try:
        return examine(signed, digest)
    except Exception as error:  # noqa: BLE001 - asn1crypto reads lazily, and raises as late as this
        return Examined(False, False, (_unreadable(error),))


def _unreadable(error: Exception) -> Finding:
    message = f"The signature in /Contents is damaged and cannot be read ({type(error).__name__})."
    return Finding("cms_unreadable", message)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """Everything that is known of one signature: `own` findings of its revision, `later` ones of what followed."""

    circumstances: Circumstances
    parsed: _Parsed
    examined: Examined
    locks: Locks
    own: list[Finding]
    later: list[Finding]

    def report(self) -> SignatureReport:
        final, standing, signed = self.circumstances.final, self.parsed.standing, self.parsed.signed
        certificate = describe(signed.certificate) if signed is not None else None
        claimed_at = self._claimed_at()
        reliance = rely_on(signed, certificate, claimed_at, self.circumstances.authorities)
        return SignatureReport(
            field_name=standing.field.name,
            kind="timestamp" if final.get(standing.entries, "/Type") == "/DocTimeStamp" else "signature",
            subfilter=str(final.get(standing.entries, "/SubFilter") or "").removeprefix("/"),
            signer=certificate,
            claimed_at=claimed_at,
            digest_algorithm=signed.file_algorithm if signed is not None else "",
            reason=text_of(final.get(standing.entries, "/Reason")),
            location=text_of(final.get(standing.entries, "/Location")),
            intact=self.examined.intact,
            valid=self.examined.valid,
            trusted=reliance.trusted,
            revocation=reliance.revocation,
            timestamp=reliance.timestamp,
            covers=self._coverage(),
            size=standing.span.end if standing.span is not None else 0,
            locks=self.locks.names,
            locks_respected=not any(finding.code in LOCK_CODES for finding in self.later),
            permission=self.locks.permission,
            findings=(
                *self.parsed.findings,
                *self.examined.findings,
                *reliance.findings,
                *self.own,
                *self.later,
            ),
        )

    def _coverage(self) -> Coverage:
        span = self.parsed.standing.span
        if span is None or any(finding.code != "bytes_after" for finding in self.own):
            return Coverage.UNCLEAR
        if span.end == self.circumstances.final.end:
            return Coverage.WHOLE_FILE
        changed = any(finding.gravity is not Gravity.NOTE for finding in (*self.own, *self.later))
        return Coverage.CHANGED if changed else Coverage.REVISION

    def _claimed_at(self) -> datetime | None:
        """When the signer says it was: signing-time, or /M; for a time-stamp, its own time."""
        signed = self.parsed.signed
        if signed is not None and signed.subfilter == TIMESTAMP:
            content = signed.signed_data["encap_content_info"]["content"]
            stamped: datetime = content.parsed["gen_time"].native
            return stamped.astimezone(UTC)
        if signed is not None and signed.signing_time is not None:
            return signed.signing_time
        stated = text_of(self.circumstances.final.get(self.parsed.standing.entries, "/M"))
        try:
            read: datetime = generic.parse_pdf_date(stated, strict=False)
        except (PdfError, ValueError, OverflowError):
            return None
        return read.astimezone(UTC) if read.tzinfo is not None else read.replace(tzinfo=UTC)
