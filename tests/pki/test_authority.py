"""The embedded authority issues certificates that verifiers without our code accept, and only those."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sigillo.base.errors import Invalid
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest, Signer
from sigillo.pki.authority import Issuer, add_years, create_issuing, create_root, issue_signer, random_serial
from sigillo.pki.certificates import describe, to_bundle, to_pem
from sigillo.pki.keys import generate_p256, load_key
from sigillo.pki.names import Subject
from tests.pki.conftest import NAME, NOW, START, Authority, openssl
from tests.support.judges import nss_database, pdfsig
from tests.support.pages import pdf
from tests.support.programs import needs

YEAR = NOW + timedelta(days=365)
CRL_URL, ISSUER_URL = "http://127.0.0.1/a.crl", "http://127.0.0.1/a.crt"


def issue(
    authority: Authority,
    *,
    subject: Subject | None = None,
    public_key: bytes | None = None,
    serial: int = 1,
    not_before: datetime = START,
    not_after: datetime = YEAR,
    crl_url: str = CRL_URL,
    ocsp_url: str = "",
    policies: Sequence[str] = (),
) -> bytes:
    """A signer's certificate of the issuing authority, ordinary but for what is named."""
    return issue_signer(
        subject or Subject("A"),
        authority.signer_key.public_key_der if public_key is None else public_key,
        authority.issuing,
        serial=serial,
        not_before=not_before,
        not_after=not_after,
        crl_url=crl_url,
        issuer_url=ISSUER_URL,
        ocsp_url=ocsp_url,
        policies=policies,
    )


def verify(directory: Path, leaf: bytes, root: Issuer, *between: bytes, purpose: str = "smimesign") -> str:
    """What `openssl verify` says, under its strict reading of RFC 5280."""
    (directory / "root.pem").write_text(to_pem(root.certificate))
    (directory / "between.pem").write_text(to_bundle(between))
    (directory / "leaf.pem").write_text(to_pem(leaf))
    trust = ("-CAfile", directory / "root.pem", "-untrusted", directory / "between.pem")
    return openssl("verify", "-x509_strict", "-purpose", purpose, *trust, directory / "leaf.pem")


@needs("openssl")
def test_openssl_accepts_the_chain_under_its_strict_rules(tmp_path: Path, authority: Authority) -> None:
    leaf = authority.issue(Subject(NAME, country="IT", email="a@example.it", organization='Acme, "Sons" + Co'))
    assert verify(tmp_path, leaf, authority.root, authority.issuing.certificate).endswith("OK\n")


@needs("openssl")
def test_openssl_refuses_the_signer_of_another_root(
    tmp_path: Path,
    authority: Authority,
) -> None:
    stranger = create_root(
        Subject("Sigillo Root", organization="Sigillo"), load_key(generate_p256()), not_before=START, years=1
    )
    with pytest.raises(subprocess.CalledProcessError):
        verify(tmp_path, authority.issue(), stranger, authority.issuing.certificate)


@needs("openssl")
def test_a_signer_can_neither_serve_nor_issue(tmp_path: Path, authority: Authority) -> None:
    leaf = authority.issue()
    with pytest.raises(subprocess.CalledProcessError):
        verify(tmp_path, leaf, authority.root, authority.issuing.certificate, purpose="sslserver")
    with pytest.raises(ValueError, match="no authority cannot issue"):
        replace(authority, issuing=Issuer(leaf, authority.signer_key)).issue()


@needs("openssl")
def test_the_issuing_authority_can_make_no_other(tmp_path: Path, quick_authority: Authority) -> None:
    """pathLenConstraint 0: what somebody with its key makes below it, verifiers refuse."""
    below = create_issuing(
        Subject("Below"),
        load_key(generate_p256()),
        quick_authority.issuing,
        serial=random_serial(),
        not_before=START,
        not_after=YEAR,
        crl_url=CRL_URL,
        issuer_url=ISSUER_URL,
    )
    leaf = replace(quick_authority, issuing=below).issue()
    with pytest.raises(subprocess.CalledProcessError, match="non-zero") as caught:
        verify(tmp_path, leaf, quick_authority.root, quick_authority.issuing.certificate, below.certificate)
    assert b"path length constraint exceeded" in caught.value.stderr


@needs("certutil")
def test_nss_accepts_the_signer_for_signing(tmp_path: Path, authority: Authority) -> None:
    database = f"sql:{nss_database(tmp_path / 'nss', authority.root.certificate)}"
    for name, der in (("issuing", authority.issuing.certificate), ("leaf", authority.issue())):
        (tmp_path / name).write_bytes(der)
        subprocess.run(["certutil", "-A", "-d", database, "-n", name, "-t", ",,", "-i", tmp_path / name], check=True)
    command = ["certutil", "-V", "-d", database, "-n", "leaf", "-e", "-u"]
    signs = subprocess.run([*command, "S"], capture_output=True, text=True, check=False)
    serves = subprocess.run([*command, "V"], capture_output=True, text=True, check=False)
    assert "certificate is valid" in signs.stdout
    assert "certificate is valid" not in serves.stdout


@needs("pdfsig", "certutil")
@pytest.mark.parametrize("name", [NAME, "王" * 64], ids=["four scripts", "64 characters, 192 octets"])
def test_pdfsig_trusts_a_document_signed_under_the_root(tmp_path: Path, authority: Authority, name: str) -> None:
    chain = (authority.issuing.certificate, authority.root.certificate)
    signer = Signer(authority.issue(Subject(name, email="a@example.it")), chain, authority.signer_key)
    document = pdf()
    signed = sign_pdf(document, signer, SignatureRequest(), signed_at=NOW)
    (tmp_path / "signed.pdf").write_bytes(document + signed.increment)
    (verdict,) = pdfsig(tmp_path / "signed.pdf", nss_database(tmp_path / "nss", authority.root.certificate))
    assert verdict.valid
    assert verdict.trusted
    assert name in verdict.text


@needs("openssl")
def test_profiles_say_what_rfc_5280_wants(authority: Authority) -> None:
    text = openssl("x509", "-inform", "DER", "-noout", "-text", octets=authority.issue())
    issuing = openssl("x509", "-inform", "DER", "-noout", "-text", octets=authority.issuing.certificate)
    assert "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation\n" in text
    assert "CA Issuers - URI:http://127.0.0.1/pki/issuing.crt" in text
    assert "URI:http://127.0.0.1/pki/issuing.crl" in text
    assert "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n" in issuing
    assert "URI:http://127.0.0.1/pki/root.crl" in issuing


@needs("openssl")
def test_a_responder_is_named_where_there_is_one(quick_authority: Authority) -> None:
    named = issue(quick_authority, ocsp_url="http://127.0.0.1/pki/a/ocsp")
    text = ("x509", "-inform", "DER", "-noout", "-ocsp_uri")
    assert openssl(*text, octets=named) == "http://127.0.0.1/pki/a/ocsp\n"
    assert openssl(*text, octets=issue(quick_authority)) == ""
    assert "CA Issuers - URI:http://127.0.0.1/a.crt" in openssl("x509", "-inform", "DER", "-text", octets=named)


@needs("openssl")
def test_policies_and_an_email_appear_where_the_profile_puts_them(quick_authority: Authority) -> None:
    der = issue(quick_authority, subject=Subject("A", email="a@example.it"), policies=["0.4.0.2042.1.1"])
    text = openssl("x509", "-inform", "DER", "-noout", "-text", octets=der)
    assert "Policy: 0.4.0.2042.1.1" in text
    assert "email:a@example.it" in text
    assert "a@example.it" not in openssl("x509", "-inform", "DER", "-noout", "-subject", octets=der)


def test_serial_numbers_are_positive_fit_and_never_repeat() -> None:
    serials = {random_serial() for _ in range(1000)}
    assert len(serials) == 1000
    assert all(0 < serial < 1 << 159 for serial in serials)


@pytest.mark.parametrize("serial", [0, -1, 1 << 159])
def test_a_serial_number_that_does_not_fit_is_refused(quick_authority: Authority, serial: int) -> None:
    with pytest.raises(ValueError, match="at most 20 octets"):
        issue(quick_authority, serial=serial)


def test_a_certificate_never_outlives_its_issuer(quick_authority: Authority) -> None:
    end = describe(quick_authority.issuing.certificate).not_after
    assert describe(issue(quick_authority, not_after=end)).not_after == end
    with pytest.raises(Invalid, match="renew the authority") as caught:
        issue(quick_authority, not_after=end + timedelta(seconds=1))
    assert caught.value.code == "certificate_outlives_issuer"


def test_times_must_be_aware_and_in_order(quick_authority: Authority) -> None:
    with pytest.raises(ValueError, match="aware"):
        issue(quick_authority, not_before=START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="never valid"):
        issue(quick_authority, not_before=NOW, not_after=NOW)


def test_times_from_2050_on_are_read_back() -> None:
    start = datetime(2040, 2, 29, 12, tzinfo=UTC)
    info = describe(create_root(Subject("Root"), load_key(generate_p256()), not_before=start, years=30).certificate)
    assert (info.not_before, info.not_after) == (start, datetime(2070, 2, 28, 12, tzinfo=UTC))
    assert add_years(start, 4).day == 29


@pytest.mark.parametrize("key", [b"", b"nonsense"])
def test_what_is_no_public_key_is_refused(quick_authority: Authority, key: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        issue(quick_authority, public_key=key)
    assert caught.value.code == "public_key_invalid"


@needs("openssl")
def test_a_weak_key_is_not_certified(tmp_path: Path, quick_authority: Authority) -> None:
    openssl("genrsa", "-out", tmp_path / "weak.pem", "1024")
    openssl("rsa", "-in", tmp_path / "weak.pem", "-pubout", "-outform", "DER", "-out", tmp_path / "weak.der")
    with pytest.raises(Invalid, match="RSA from 2048 bits"):
        issue(quick_authority, public_key=(tmp_path / "weak.der").read_bytes())


@pytest.mark.parametrize("address", ["", "ldap://a/b", "http://a b", "http://è.it", "/pki/a.crl"])
def test_an_address_that_verifiers_cannot_fetch_is_refused(quick_authority: Authority, address: str) -> None:
    with pytest.raises(Invalid, match="no ASCII http or https address"):
        issue(quick_authority, crl_url=address)
    if address:
        with pytest.raises(Invalid, match="no ASCII http or https address"):
            issue(quick_authority, ocsp_url=address)


def test_a_policy_that_is_no_identifier_is_refused(quick_authority: Authority) -> None:
    with pytest.raises(Invalid, match="dotted object identifier"):
        issue(quick_authority, policies=["qualified"])


def test_a_key_that_is_not_the_authoritys_is_noticed(quick_authority: Authority) -> None:
    mixed = Issuer(quick_authority.issuing.certificate, quick_authority.root.key)
    with pytest.raises(ValueError, match="do not belong together"):
        issue(replace(quick_authority, issuing=mixed))
