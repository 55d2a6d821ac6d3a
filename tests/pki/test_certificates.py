"""Reading certificates: PEM, bare base64 as the contract's samples have it, and what is neither."""

import base64
import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID

from sigillo.base.errors import Invalid
from sigillo.pki.certificates import describe, from_pem_or_base64, is_issued_by, to_bundle, to_pem
from sigillo.pki.keys import generate_p256, generate_rsa
from sigillo.pki.names import Subject
from tests.pki.conftest import START, Authority, make_authority, openssl
from tests.support.programs import needs


@pytest.fixture(scope="module")
def der(quick_authority: Authority) -> bytes:
    return quick_authority.issue(Subject("Mario Rossi", email="mario@example.it"), serial=0xC0FFEE)


def test_a_signer_certificate_is_described(authority: Authority) -> None:
    der = authority.issue(Subject("Mario Rossi"), serial=0xC0FFEE)
    info = describe(der)
    assert info.serial_number == 0xC0FFEE
    assert info.issuer["CN"] == "Sigillo Issuing"
    assert info.not_before == START.replace(microsecond=0)
    assert info.key_usage == frozenset({"digitalSignature", "nonRepudiation"})
    assert info.extended_key_usage == ("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")
    assert not info.is_authority
    assert info.crl_urls == ("http://127.0.0.1/pki/issuing.crl",)
    assert info.sha256 == hashlib.sha256(der).hexdigest()
    assert (info.algorithm, info.key_bits) in {("rsa", 2048), ("ec", 256)}
    assert info.algorithm == authority.signer_key.algorithm


def test_an_authority_is_described(authority: Authority) -> None:
    info = describe(authority.root.certificate)
    assert info.is_authority
    assert info.key_usage == frozenset({"keyCertSign", "cRLSign"})
    assert info.subject == info.issuer
    assert info.crl_urls == ()


def test_only_who_signed_it_is_the_issuer_and_a_name_is_not_enough(quick_authority: Authority) -> None:
    leaf = quick_authority.issue()
    assert is_issued_by(leaf, quick_authority.issuing.certificate)
    assert is_issued_by(quick_authority.issuing.certificate, quick_authority.root.certificate)
    assert not is_issued_by(leaf, quick_authority.root.certificate)
    namesake = make_authority(generate_p256)
    assert describe(namesake.issuing.certificate).subject == describe(quick_authority.issuing.certificate).subject
    assert not is_issued_by(leaf, namesake.issuing.certificate)
    assert not is_issued_by(leaf, make_authority(generate_rsa).issuing.certificate)
    with pytest.raises(Invalid, match="octets are no"):
        is_issued_by(b"nonsense", leaf)


def test_a_foreign_certificate_without_our_extensions_is_described() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "One"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Two"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "old@example.it"),
            x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "private"),
        ]
    )
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, START, datetime(2060, 1, 1, tzinfo=UTC))
        .sign(key, None)
        .public_bytes(serialization.Encoding.DER)
    )
    info = describe(certificate)
    assert info.subject["OU"] == "One, Two"
    assert info.subject["E"] == info.subject["emailAddress"] == "old@example.it"
    assert info.subject["1.2.3.4"] == "private"
    assert (info.key_usage, info.extended_key_usage, info.algorithm, info.key_bits) == (None, (), "other", 0)
    assert info.not_after.year == 2060


@needs("openssl")
def test_openssl_reads_our_pem_and_we_read_its(tmp_path: Path, der: bytes) -> None:
    (tmp_path / "ours.pem").write_text(to_pem(der))
    theirs = openssl("x509", "-in", tmp_path / "ours.pem", "-text")
    assert from_pem_or_base64(theirs) == der
    assert theirs.endswith(to_pem(der))


def test_a_bundle_is_in_order(quick_authority: Authority, der: bytes) -> None:
    bundle = to_bundle((der, quick_authority.issuing.certificate))
    assert bundle == to_pem(der) + to_pem(quick_authority.issuing.certificate)
    assert from_pem_or_base64(bundle) == der


def test_bare_base64_may_be_broken_by_any_space(der: bytes) -> None:
    text = base64.b64encode(der).decode()
    wrapped = [text[start : start + 64] for start in range(0, len(text), 64)]
    for form in (text, " ".join(wrapped), "\r\n".join(wrapped), f"  {text}\n", text.rstrip("=")):
        assert from_pem_or_base64(form) == der


def test_pem_on_one_line_is_read(der: bytes) -> None:
    assert from_pem_or_base64(to_pem(der).replace("\n", " ")) == der


def test_a_certificate_is_found_beside_its_key(der: bytes) -> None:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert from_pem_or_base64(key.decode() + to_pem(der)) == der
    with pytest.raises(Invalid, match="holds a private key instead"):
        from_pem_or_base64(key.decode())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "certificate_missing"),
        (" \n", "certificate_missing"),
        ("hello", "certificate_malformed"),
        ("ciao à tutti", "certificate_malformed"),
        ("AAAA", "certificate_malformed"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "certificate_malformed"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "certificate_malformed"),
        ("A" * 100_000, "certificate_malformed"),
    ],
)
def test_what_is_no_certificate_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_pem_or_base64(text)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_every_cut_of_a_certificate_is_refused(der: bytes) -> None:
    for end in range(0, len(der), 7):
        with pytest.raises(Invalid):
            describe(der[:end])
    with pytest.raises(Invalid):
        describe(der + b"\x00")


def test_no_change_of_an_octet_escapes_as_another_error(der: bytes) -> None:
    for position in range(len(der)):
        changed = bytearray(der)
        changed[position] ^= 0xFF
        with suppress(Invalid):
            describe(bytes(changed))


def test_a_version_that_does_not_exist_is_refused(der: bytes) -> None:
    version = b"\xa0\x03\x02\x01"
    assert version + b"\x02" in der
    changed = der.replace(version + b"\x02", version + b"\x60", 1)
    with pytest.raises(Invalid, match=r"no X\.509 certificate in DER"):
        from_pem_or_base64(to_pem(changed))


def test_a_certificate_with_a_twice_given_extension_is_refused(quick_authority: Authority) -> None:
    key = quick_authority.root.key.private
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "twice")])
    constraints = x509.Extension(x509.BasicConstraints.oid, True, x509.BasicConstraints(ca=False, path_length=None))
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, START, datetime(2060, 1, 1, tzinfo=UTC), [constraints, constraints]
    )
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    with pytest.raises(Invalid, match="certificate is not usable"):
        describe(der)
