"""Answers of OCSP: openssl and cryptography read in them exactly what was said, and only from the right delegate."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, OCSPResponseStatus, load_der_ocsp_response

from sigillo.base.errors import Invalid
from sigillo.pki.authority import Issuer, issue_responder, random_serial
from sigillo.pki.certificates import describe, to_pem
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.keys import generate_p256, generate_rsa, load_key
from sigillo.pki.names import Subject
from sigillo.pki.ocsp import read_question
from sigillo.pki.ocsp_answers import Answer, Delegate, Refusal, Standing, refuse, sign_answers
from tests.pki.conftest import NOW, START, Authority, openssl
from tests.support.programs import needs
from tests.support.questions import asked_about, made_of

HOUR = timedelta(hours=1)
SECOND = NOW.replace(microsecond=0)


def delegate_of(issuer: Issuer, public_key: bytes = b"") -> Delegate:
    key = load_key(generate_rsa() if issuer.key.algorithm == "rsa" else generate_p256())
    certificate = issue_responder(
        Subject("Sigillo Responder"),
        public_key or key.public_key_der,
        issuer,
        serial=random_serial(),
        not_before=START,
        not_after=NOW + timedelta(days=14),
    )
    return Delegate(certificate, key)


@dataclass(frozen=True)
class Bench:
    """An authority with its delegate."""

    authority: Authority
    delegate: Delegate

    def answer(self, leaf: bytes, standing: Standing | Revocation, *, nonce: bytes | None = None) -> bytes:
        """The response to a request about one certificate."""
        request = read_question(asked_about(leaf, self.authority.issuing.certificate, nonce=nonce))
        answers = [Answer(asked, standing) for asked in request.certificates]
        return sign_answers(self.delegate, answers, NOW, NOW + HOUR, nonce=request.nonce)


@pytest.fixture(scope="module")
def bench(authority: Authority) -> Bench:
    return Bench(authority, delegate_of(authority.issuing))


@pytest.fixture(scope="module")
def quick(quick_authority: Authority) -> Bench:
    return Bench(quick_authority, delegate_of(quick_authority.issuing))


def signed_by(response: OCSPResponse, certificate: bytes) -> None:
    """Raises InvalidSignature unless the key of the certificate made the signature."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


def judge(directory: Path, bench: Bench, response: bytes, leaf: bytes) -> str:
    """What `openssl ocsp` makes of a response that it is handed, trusting the root alone."""
    certificates = {"root": bench.authority.root, "issuing": bench.authority.issuing}
    for name, issuer in certificates.items():
        (directory / f"{name}.pem").write_text(to_pem(issuer.certificate))
    (directory / "leaf.pem").write_text(to_pem(leaf))
    (directory / "response").write_bytes(response)
    options = ("-respin", "response", "-issuer", "issuing.pem", "-cert", "leaf.pem", "-CAfile", "root.pem")
    done = subprocess.run(
        ["openssl", "ocsp", *options, "-no_nonce"], cwd=directory, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@needs("openssl")
def test_openssl_believes_good(tmp_path: Path, bench: Bench) -> None:
    leaf = bench.authority.issue()
    said = judge(tmp_path, bench, bench.answer(leaf, Standing.GOOD), leaf)
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said


@needs("openssl")
@pytest.mark.parametrize("reason", [Reason.UNSPECIFIED, Reason.KEY_COMPROMISE, Reason.CESSATION_OF_OPERATION])
def test_openssl_believes_revoked_with_its_moment_and_reason(tmp_path: Path, quick: Bench, reason: Reason) -> None:
    leaf = quick.authority.issue()
    said = judge(tmp_path, quick, quick.answer(leaf, Revocation(1, START, reason)), leaf)
    assert "Response verify OK" in said
    assert "leaf.pem: revoked" in said
    assert f"Revocation Time: {START:%b} {START.day:2d} {START:%H:%M:%S} {START:%Y} GMT" in said
    assert ("Reason:" in said) is (reason is not Reason.UNSPECIFIED)
    assert (f"Reason: {reason.value}" in said) is (reason is not Reason.UNSPECIFIED)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_number(quick: Bench, reason: Reason) -> None:
    der = quick.answer(quick.authority.issue(), Revocation(1, START, reason))
    told = load_der_ocsp_response(der).revocation_reason  # RFC 6960 §4.4: unspecified is left out
    assert told == (None if reason is Reason.UNSPECIFIED else x509.ReasonFlags(reason.value))


@needs("openssl")
def test_openssl_believes_no_delegate_of_another_authority(tmp_path: Path, quick: Bench) -> None:
    leaf = quick.authority.issue()
    strangers = Bench(quick.authority, delegate_of(quick.authority.root))
    said = judge(tmp_path, quick, strangers.answer(leaf, Standing.GOOD), leaf)
    assert "Response Verify Failure" in said


@needs("openssl")
def test_openssl_believes_no_signer_that_is_no_delegate(tmp_path: Path, quick: Bench) -> None:
    leaf = quick.authority.issue()
    signer = Bench(quick.authority, Delegate(quick.authority.issue(), quick.authority.signer_key))
    said = judge(tmp_path, quick, signer.answer(leaf, Standing.GOOD), leaf)
    assert "Response Verify Failure" in said
    assert "missing ocspsigning usage" in said


def test_every_part_of_an_answer_is_what_was_said(bench: Bench) -> None:
    leaf = bench.authority.issue()
    response = load_der_ocsp_response(bench.answer(leaf, Standing.GOOD, nonce=b"n" * 32))
    signed_by(response, bench.delegate.certificate)
    assert response.response_status is OCSPResponseStatus.SUCCESSFUL
    assert response.certificate_status is OCSPCertStatus.GOOD
    assert response.serial_number == describe(leaf).serial_number
    assert (response.produced_at_utc, response.this_update_utc) == (SECOND, SECOND)
    assert response.next_update_utc == SECOND + HOUR
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    (inside,) = response.certificates
    assert inside == x509.load_der_x509_certificate(bench.delegate.certificate)
    key = inside.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert response.responder_key_hash == key.digest


def test_without_a_nonce_none_comes_back(quick: Bench) -> None:
    response = load_der_ocsp_response(quick.answer(quick.authority.issue(), Standing.UNKNOWN))
    assert response.certificate_status is OCSPCertStatus.UNKNOWN
    assert len(response.extensions) == 0


def test_several_answers_keep_their_order_and_their_names(quick: Bench) -> None:
    asked = read_question(made_of(3, 1, 2)).certificates
    standings: Sequence[Standing | Revocation] = (Standing.GOOD, Revocation(1, START), Standing.UNKNOWN)
    answers = [Answer(*pair) for pair in zip(asked, standings, strict=True)]
    response = load_der_ocsp_response(sign_answers(quick.delegate, answers, NOW, NOW + HOUR))
    signed_by(response, quick.delegate.certificate)
    found = [(one.serial_number, one.certificate_status.name, one.revocation_time_utc) for one in response.responses]
    revoked_at = START.astimezone(UTC).replace(microsecond=0)
    assert found == [(3, "GOOD", None), (1, "REVOKED", revoked_at), (2, "UNKNOWN", None)]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_the_name_of_the_certificate_is_repeated_to_the_octet(quick: Bench, algorithm: str) -> None:
    request = asked_about(quick.authority.issue(), quick.authority.issuing.certificate, algorithm)
    (asked,) = read_question(request).certificates
    response = sign_answers(quick.delegate, [Answer(asked, Standing.GOOD)], NOW, NOW + HOUR)
    assert asked.encoded in request
    assert asked.encoded in response


@pytest.mark.parametrize(
    ("why", "status"),
    [
        (Refusal.MALFORMED, OCSPResponseStatus.MALFORMED_REQUEST),
        (Refusal.UNAUTHORIZED, OCSPResponseStatus.UNAUTHORIZED),
    ],
)
def test_a_refusal_is_a_status_and_nothing_else(why: Refusal, status: OCSPResponseStatus) -> None:
    assert load_der_ocsp_response(refuse(why)).response_status is status
    assert len(refuse(why)) == 5


@needs("openssl")
def test_the_profile_of_a_delegate(tmp_path: Path, bench: Bench) -> None:
    text = openssl("x509", "-inform", "DER", "-noout", "-text", octets=bench.delegate.certificate)
    assert "X509v3 Key Usage: critical\n                Digital Signature\n" in text
    assert "X509v3 Extended Key Usage: \n                OCSP Signing\n" in text
    assert "OCSP No Check" in text
    assert "CA:FALSE" in text
    assert "CRL Distribution" not in text
    for name, issuer in (("root", bench.authority.root), ("issuing", bench.authority.issuing)):
        (tmp_path / f"{name}.pem").write_text(to_pem(issuer.certificate))
    (tmp_path / "delegate.pem").write_text(to_pem(bench.delegate.certificate))
    trust = ("-CAfile", tmp_path / "root.pem", "-untrusted", tmp_path / "issuing.pem")
    said = openssl("verify", "-x509_strict", "-purpose", "ocsphelper", *trust, tmp_path / "delegate.pem")
    assert said.endswith("OK\n")


def test_a_delegate_never_outlives_its_authority_and_cannot_issue(quick: Bench) -> None:
    authority, key = quick.authority, load_key(generate_p256())
    end = describe(authority.issuing.certificate).not_after
    with pytest.raises(Invalid, match="renew the authority"):
        issue_responder(
            Subject("Late"),
            key.public_key_der,
            authority.issuing,
            serial=1,
            not_before=START,
            not_after=end + timedelta(seconds=1),
        )
    with pytest.raises(ValueError, match="no authority cannot issue"):
        delegate_of(Issuer(quick.delegate.certificate, quick.delegate.key))


def test_only_a_usable_key_is_certified(quick: Bench) -> None:
    with pytest.raises(Invalid, match="SubjectPublicKeyInfo"):
        delegate_of(quick.authority.issuing, public_key=b"nonsense")
