"""Documents that must be accepted are, with the right facts; altered ones are refused for the right reason."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sigillo.engine.validate import Coverage, Gravity, Verdict, validate_pdf
from tests.support import chain, issuing
from tests.support.attacks import ATTACKS, CHECKED_AT
from tests.support.broken_signatures import once
from tests.support.forging import BODIES, Seal, certification, contract, edited, include_lock
from tests.support.honest import HONEST
from tests.support.judges import nss_database, pdfsig
from tests.support.programs import needs
from tests.support.signed import plain_pdf

ROOT = chain.signer().chain[-1]


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_document_is_accepted(name: str) -> None:
    report = validate_pdf(HONEST[name](), [ROOT, issuing.root().der], at=CHECKED_AT)
    assert report.problems == ()
    assert report.verdict is Verdict.VALID
    assert report.accepted
    newest = report.signatures[-1]
    assert (newest.covers, newest.size) == (Coverage.WHOLE_FILE, report.size)
    assert all(signature.covers is Coverage.REVISION for signature in report.signatures[:-1])


@pytest.mark.parametrize("name", ATTACKS)
def test_an_altered_document_is_refused_by_name(name: str) -> None:
    report = validate_pdf(ATTACKS[name].build(), [ROOT], at=CHECKED_AT)
    assert not report.accepted
    assert report.verdict in {Verdict.INVALID, Verdict.INDETERMINATE}
    assert ATTACKS[name].code in {problem.code for problem in report.problems}


def test_the_facts_of_a_signature() -> None:
    document = Seal(entries=b"/Reason(I approve)/Location(Trieste)" + include_lock(b"amount", b"date")).on(contract())
    (signature,) = validate_pdf(document, [ROOT], at=CHECKED_AT).signatures
    assert signature.field_name == "Signature1"
    assert signature.kind == "signature"
    assert signature.subfilter == "ETSI.CAdES.detached"
    assert signature.digest_algorithm == "sha256"
    assert signature.claimed_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert (signature.reason, signature.location) == ("I approve", "Trieste")
    assert (signature.intact, signature.valid, signature.trusted) == (True, True, True)
    assert (signature.locks, signature.locks_respected, signature.permission) == (
        ("amount", "date"),
        True,
        None,
    )
    assert signature.signer is not None
    assert signature.signer.common_name == "Łukasz 王 Ιωάννης العربية"
    assert signature.signer.issuer == "CN=Sigillo Test Issuing,O=Sigillo Test,C=IT"
    assert signature.signer.not_before == chain.NOT_BEFORE


@needs("pdfsig", "certutil")
def test_the_hand_that_forges_can_sign(tmp_path: Path) -> None:
    """What the forger signs honestly, others accept too: in a forgery only the trick is wrong."""
    path = tmp_path / "twice.pdf"
    path.write_bytes(Seal(1).on(once()))
    first, second = pdfsig(path, nss_database(tmp_path / "nss", ROOT))
    assert (first.valid, first.trusted, first.total) == (True, True, False)
    assert (second.valid, second.trusted, second.total) == (True, True, True)


def test_signatures_come_from_the_oldest_to_the_newest() -> None:
    document = Seal(2).on(Seal(1, fields=(20, 6, 30)).on(once()))
    report = validate_pdf(document, [ROOT], at=CHECKED_AT)
    assert [signature.field_name for signature in report.signatures] == [
        "Signature1",
        "Signature2",
        "Signature3",
    ]
    sizes = [signature.size for signature in report.signatures]
    assert sizes == [len(once()), len(Seal(1).on(once())), len(document)]


def test_a_p256_signature() -> None:
    signer = chain.signer("ec")
    report = validate_pdf(Seal(signer=signer).on(contract()), [signer.chain[-1]], at=CHECKED_AT)
    assert report.accepted


def test_a_document_without_signatures_is_unsigned() -> None:
    report = validate_pdf(plain_pdf(), [ROOT], at=CHECKED_AT)
    assert (report.verdict, report.signatures, report.accepted) == (Verdict.UNSIGNED, (), False)


def test_a_rolled_back_document_is_what_it_was() -> None:
    """The file alone cannot show that a later signature was cut off: it is byte for byte the earlier document."""
    twice = Seal(1).on(once())
    assert validate_pdf(twice[: len(once())], [ROOT], at=CHECKED_AT).accepted
    assert not validate_pdf(twice[: len(once()) + 40], [ROOT], at=CHECKED_AT).accepted


def test_a_fill_that_the_certification_permits_is_told() -> None:
    report = validate_pdf(HONEST["raw/certified_filled_then_approved"](), [ROOT], at=CHECKED_AT)
    notes = {finding.code: finding for finding in report.signatures[0].findings}
    assert notes["filled_after_signing"].gravity is Gravity.NOTE
    assert "'amount'" in notes["filled_after_signing"].message


def test_a_fill_of_an_unlocked_field_is_a_doubt_and_names_the_field() -> None:
    report = validate_pdf(ATTACKS["covered/fill_of_unlocked_field"].build(), [ROOT], at=CHECKED_AT)
    (problem,) = report.problems
    assert (report.verdict, problem.gravity) == (Verdict.INDETERMINATE, Gravity.DOUBT)
    assert "'amount'" in problem.message
    assert report.signatures[0].covers is Coverage.CHANGED
    assert report.signatures[0].locks_respected


def test_a_broken_lock_is_told() -> None:
    report = validate_pdf(ATTACKS["locks/fill_of_locked_field"].build(), [ROOT], at=CHECKED_AT)
    assert not report.signatures[0].locks_respected
    assert report.signatures[0].covers is Coverage.CHANGED
    assert report.signatures[1].locks_respected


def test_a_certification_states_its_level() -> None:
    (signature,) = validate_pdf(once(certification(1)), [ROOT], at=CHECKED_AT).signatures
    assert signature.permission == 1


def test_a_shadow_shows_both_texts() -> None:
    report = validate_pdf(ATTACKS["shadows/value_differs_from_appearance"].build(), [ROOT], at=CHECKED_AT)
    (problem,) = report.problems
    assert "'100'" in problem.message
    assert "'900'" in problem.message


def test_a_blank_appearance_is_only_a_note() -> None:
    document = Seal().on(contract({**BODIES, **edited(7, b"(100)", b"()")}))
    report = validate_pdf(document, [ROOT], at=CHECKED_AT)
    assert report.accepted
    assert "appearance_differs" in {finding.code for finding in report.findings}


def test_an_attached_signed_document_is_no_removed_signature() -> None:
    attached = b"<</Type/EmbeddedFile/Length %d>>\nstream\n%s\nendstream" % (len(once()), once())
    report = validate_pdf(Seal(1, fields=(6, 30)).on(contract({**BODIES, 12: attached})), [ROOT], at=CHECKED_AT)
    assert report.accepted
