"""Only the roots that are named count, and only chains in force."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from sigillo.engine.errors import EngineError
from sigillo.engine.validate import SignatureReport, Verdict, validate_pdf
from tests.support import chain, issuing
from tests.support.attacks import CHECKED_AT
from tests.support.broken_signatures import once
from tests.support.forging import Seal, contract
from tests.support.honest import HONEST, stamped
from tests.support.issuing import Profile
from tests.support.signed import plain_pdf, sign

ROOT = chain.signer().chain[-1]
AUTHORITY = Profile(ca=True)
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")


def signed(profile: Profile, authority: Profile | None = AUTHORITY) -> SignatureReport:
    document = Seal(signer=issuing.signer(profile, authority)).on(contract())
    report = validate_pdf(document, [issuing.root().der], at=CHECKED_AT)
    return report.signatures[0]


def test_no_root_no_trust() -> None:
    report = validate_pdf(once(), [], at=CHECKED_AT)
    (signature,) = report.signatures
    assert (signature.intact, signature.valid, signature.trusted) == (True, True, False)
    assert report.verdict is Verdict.INVALID


def test_a_root_of_somebody_else_is_not_enough() -> None:
    report = validate_pdf(once(), [issuing.root().der], at=CHECKED_AT)
    assert [problem.code for problem in report.problems] == ["untrusted"]


def test_an_issuer_does_not_stand_for_its_root() -> None:
    """The roots are what the caller names; what travels in the signature is never one of them."""
    strangers = chain.signer("rsa", "A stranger")
    document = Seal(signer=strangers).on(contract())
    assert not validate_pdf(document, [ROOT], at=CHECKED_AT).signatures[0].trusted
    assert validate_pdf(document, [ROOT, strangers.chain[-1]], at=CHECKED_AT).accepted


@pytest.mark.parametrize("purposes", [(), (ExtendedKeyUsageOID.EMAIL_PROTECTION,), (DOCUMENT_SIGNING,)])
def test_signing_purposes_are_accepted(purposes: tuple[ObjectIdentifier, ...]) -> None:
    assert signed(Profile(purposes=purposes)).trusted


def test_a_signer_straight_under_the_root() -> None:
    assert signed(Profile(), None).trusted


@pytest.mark.parametrize(
    ("profile", "authority"),
    [
        pytest.param(Profile(sign=False), AUTHORITY, id="a key that may not sign"),
        pytest.param(Profile(), Profile(ca=False), id="an issuer that is no authority"),
        pytest.param(Profile(), Profile(ca=True, issue=False), id="an issuer whose key may not issue"),
        pytest.param(Profile(), Profile(ca=None), id="an issuer without basic constraints"),
        pytest.param(Profile(not_after=chain.NOT_BEFORE + timedelta(days=90)), AUTHORITY, id="expired before"),
        pytest.param(Profile(not_before=CHECKED_AT + timedelta(days=1)), AUTHORITY, id="not yet in force"),
        pytest.param(
            Profile(),
            Profile(ca=True, not_after=chain.NOT_BEFORE + timedelta(days=90)),
            id="issuer expired before",
        ),
    ],
)
def test_a_chain_that_does_not_hold(profile: Profile, authority: Profile) -> None:
    signature = signed(profile, authority)
    assert not signature.trusted
    assert signature.intact
    assert "untrusted" in {problem.code for problem in signature.problems}


@pytest.mark.parametrize(
    ("profile", "code"), [(Profile(bits=1024), "weak_key"), (Profile(edwards=True), "key_unsupported")]
)
def test_a_key_that_is_not_taken(profile: Profile, code: str) -> None:
    assert code in {problem.code for problem in signed(profile).problems}


def test_a_certificate_that_has_expired_since_leaves_a_doubt() -> None:
    """Without a time-stamp only the signer says that the signature is older than the end of the certificate."""
    late = datetime(2040, 1, 1, tzinfo=UTC)
    report = validate_pdf(once(), [ROOT], at=late)
    assert report.verdict is Verdict.INDETERMINATE
    assert [problem.code for problem in report.problems] == ["certificate_expired"]
    assert not report.signatures[0].trusted


def test_before_the_certificate_was_in_force_nothing_is_trusted() -> None:
    report = validate_pdf(once(), [ROOT], at=datetime(2025, 1, 1, tzinfo=UTC))
    assert report.verdict is Verdict.INVALID


def test_a_time_stamp_needs_the_root_of_its_authority() -> None:
    document = HONEST["pyhanko/stamped"]()
    report = validate_pdf(document, [ROOT], at=CHECKED_AT)
    assert [(signature.kind, signature.trusted) for signature in report.signatures] == [
        ("signature", True),
        ("timestamp", False),
    ]
    assert not report.accepted


@pytest.mark.parametrize("purposes", [(), (ExtendedKeyUsageOID.EMAIL_PROTECTION,)])
def test_a_time_stamp_by_a_key_that_is_not_for_time_stamps(purposes: tuple[ObjectIdentifier, ...]) -> None:
    authority = issuing.issue("No TSA", Profile(purposes=purposes), issuing.root())
    report = validate_pdf(stamped(sign(plain_pdf()), authority), [ROOT, issuing.root().der], at=CHECKED_AT)
    assert [signature.trusted for signature in report.signatures] == [True, False]
    assert {problem.code for problem in report.problems} == {"untrusted"}


def test_a_root_that_is_no_certificate_is_named() -> None:
    with pytest.raises(EngineError) as caught:
        validate_pdf(once(), [b"no certificate"], at=CHECKED_AT)
    assert caught.value.code == "root_unreadable"


def test_the_time_of_validation_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        validate_pdf(once(), [ROOT], at=datetime(2026, 7, 1))  # noqa: DTZ001
