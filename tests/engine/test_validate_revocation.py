"""What a register says of the signers' certificates, and what that is worth beside the time that the signer claims."""

from datetime import UTC, datetime, timedelta

import pytest

from sigillo.engine.validate import Entry, Gravity, Revocation, Verdict, validate_pdf
from tests.support import chain
from tests.support.attacks import ATTACKS, CHECKED_AT
from tests.support.broken_signatures import once
from tests.support.forging import Seal
from tests.support.signed import plain_pdf

SIGNER, SECOND = chain.signer(), chain.signer("ec")
ROOTS = [SIGNER.chain[-1], SECOND.chain[-1]]
CLAIMED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_register_that_knows_the_certificate_settles_it() -> None:
    asked: list[bytes] = []

    def register(certificate: bytes) -> Entry:
        asked.append(certificate)
        return Entry()

    report = validate_pdf(once(), ROOTS, at=CHECKED_AT, register=register)
    assert asked == [SIGNER.certificate]
    assert (report.verdict, report.revocation_checked) == (Verdict.VALID, True)
    assert report.signatures[0].revocation is Revocation.GOOD
    assert report.findings == ()


@pytest.mark.parametrize(
    ("since_signing", "code", "gravity", "verdict"),
    [
        (timedelta(0), "revoked", Gravity.DOUBT, Verdict.INDETERMINATE),
        (timedelta(days=1), "revoked", Gravity.DOUBT, Verdict.INDETERMINATE),
        (-timedelta(seconds=1), "signed_after_revocation", Gravity.FAULT, Verdict.INVALID),
    ],
)
def test_a_revoked_certificate_is_judged_by_the_time_of_signing(
    since_signing: timedelta, code: str, gravity: Gravity, verdict: Verdict
) -> None:
    entry = Entry(CLAIMED_AT + since_signing, "superseded")
    report = validate_pdf(once(), ROOTS, at=CHECKED_AT, register=lambda _: entry)
    (signature,) = report.signatures
    assert signature.claimed_at == CLAIMED_AT
    assert (report.verdict, report.revocation_checked, report.accepted) == (verdict, True, False)
    assert (signature.revocation, signature.trusted) == (Revocation.REVOKED, True)
    (problem,) = signature.problems
    assert (problem.code, problem.gravity) == (code, gravity)
    assert f"revoked on {entry.revoked_at:%Y-%m-%d %H:%M:%S} UTC (superseded)" in problem.message


def test_one_of_two_signers_is_not_in_the_register() -> None:
    document = Seal(1, signer=SECOND).on(once())
    known = {SIGNER.certificate: Entry()}
    report = validate_pdf(document, ROOTS, at=CHECKED_AT, register=known.get)
    assert [signature.revocation for signature in report.signatures] == [Revocation.GOOD, Revocation.UNCHECKED]
    assert (report.verdict, report.revocation_checked) == (Verdict.VALID, False)
    (note,) = report.findings
    assert (note.code, note.gravity) == ("revocation_not_checked", Gravity.NOTE)
    assert "for 1 of 2 signatures" in note.message


def test_without_a_register_nothing_is_looked_up() -> None:
    report = validate_pdf(once(), ROOTS, at=CHECKED_AT)
    assert report.signatures[0].revocation is Revocation.UNCHECKED
    assert not report.revocation_checked
    assert [finding.code for finding in report.findings] == ["revocation_not_checked"]


def test_a_document_without_signatures_has_nothing_to_look_up() -> None:
    report = validate_pdf(plain_pdf(), ROOTS, at=CHECKED_AT, register=lambda _: Entry())
    assert (report.verdict, report.revocation_checked, report.findings) == (Verdict.UNSIGNED, False, ())


def test_a_good_standing_mends_nothing() -> None:
    report = validate_pdf(ATTACKS["covered/page_text"].build(), ROOTS, at=CHECKED_AT, register=lambda _: Entry())
    assert report.verdict is Verdict.INVALID
