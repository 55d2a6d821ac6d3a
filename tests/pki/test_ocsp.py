"""Requests of OCSP as openssl and cryptography make them, and as nobody should."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.ocsp import OCSPRequestBuilder

from sigillo.base.errors import Invalid
from sigillo.pki.certificates import describe, to_pem
from sigillo.pki.ocsp import MAX_CERTIFICATES, read_question
from tests.pki.conftest import Authority, openssl
from tests.support.programs import needs
from tests.support.questions import asked_about, made_of


def extension(name: str, value: bytes, *, critical: bool = False) -> dict[str, Any]:
    return {"extn_id": name, "critical": critical, "extn_value": core.ParsableOctetString(value)}


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_request_names_its_certificate_and_the_issuer(quick_authority: Authority, algorithm: str) -> None:
    issuer = quick_authority.issuing.certificate
    question = read_question(asked_about(quick_authority.issue(serial=0xC0FFEE), issuer, algorithm, b"n" * 16))
    (asked,) = question.certificates
    assert (asked.algorithm, asked.serial, question.nonce) == (algorithm, 0xC0FFEE, b"n" * 16)
    assert asked.names_issuer(issuer)
    assert not asked.names_issuer(quick_authority.root.certificate)


def test_an_issuer_hashed_in_another_way_is_nobodys(quick_authority: Authority) -> None:
    issuer = quick_authority.issuing.certificate
    (asked,) = read_question(asked_about(quick_authority.issue(), issuer, "sha512")).certificates
    assert not asked.names_issuer(issuer)


@needs("openssl")
def test_openssls_request_about_several_is_read(tmp_path: Path, quick_authority: Authority) -> None:
    issuer, leaf = quick_authority.issuing.certificate, quick_authority.issue()
    (tmp_path / "issuer.pem").write_text(to_pem(issuer))
    (tmp_path / "leaf.pem").write_text(to_pem(leaf))
    about = ("-issuer", tmp_path / "issuer.pem", "-cert", tmp_path / "leaf.pem", "-sha256", "-serial", "0x1234")
    openssl("ocsp", *about, "-reqout", tmp_path / "request")
    question = read_question((tmp_path / "request").read_bytes())
    found = [(asked.algorithm, asked.serial) for asked in question.certificates]
    assert found == [("sha1", describe(leaf).serial_number), ("sha256", 0x1234)]
    assert all(asked.names_issuer(issuer) for asked in question.certificates)
    assert question.nonce is not None
    assert len(question.nonce) == 16


@pytest.mark.parametrize("size", [1, 32])
def test_a_nonce_of_the_permitted_sizes_is_read(size: int) -> None:
    value = core.OctetString(b"\x00" * size).dump()
    assert read_question(made_of(1, request_extensions=[extension("nonce", value)])).nonce == b"\x00" * size
    assert read_question(made_of(1)).nonce is None


def test_what_a_critical_nonce_and_ignored_extensions_ask_is_answered() -> None:
    value = core.OctetString(b"n").dump()
    listed = [extension("nonce", value, critical=True), extension("1.2.3.4", b"\x05\x00")]
    assert read_question(made_of(7, request_extensions=listed)).nonce == b"n"


NONCE = core.OctetString(b"n").dump()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"", "no OCSP request"),
        (b"nonsense", "no OCSP request"),
        (core.Null().dump(), "no OCSP request"),
        (made_of(1) + b"\x00", "no OCSP request"),
        (made_of(), "about 0 certificates"),
        (made_of(*range(MAX_CERTIFICATES + 1)), f"about {MAX_CERTIFICATES + 1} certificates"),
        (made_of(-1), "negative"),
        (made_of(1 << 160), "20 octets"),
        (made_of(1, request_extensions=[extension("nonce", core.OctetString(b"").dump())]), "1 to 32 octets"),
        (made_of(1, request_extensions=[extension("nonce", core.OctetString(b"n" * 33).dump())]), "1 to 32 octets"),
        (made_of(1, request_extensions=[extension("nonce", NONCE), extension("nonce", NONCE)]), "nonce"),
        (made_of(1, request_extensions=[extension("1.2.3.4", NONCE, critical=True)]), "1.2.3.4 is not understood"),
    ],
)
def test_what_cannot_be_answered_is_malformed(request_: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        read_question(request_)
    assert caught.value.code == "ocsp_request_malformed"


def test_a_nonce_that_is_no_octet_string_is_malformed(quick_authority: Authority) -> None:
    bare = x509.UnrecognizedExtension(x509.OCSPNonce.oid, b"sixteen  octets!")
    leaf = x509.load_der_x509_certificate(quick_authority.issue())
    issuer = x509.load_der_x509_certificate(quick_authority.issuing.certificate)
    builder = OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).add_extension(bare, critical=False)
    with pytest.raises(Invalid, match="no OCSP request"):
        read_question(builder.build().public_bytes(serialization.Encoding.DER))


def test_a_critical_extension_of_one_certificate_is_malformed() -> None:
    request = ocsp.OCSPRequest.load(made_of(1))
    entry = request["tbs_request"]["request_list"][0]
    entry["single_request_extensions"] = [extension("1.2.3.4", NONCE, critical=True)]
    with pytest.raises(Invalid, match=r"1\.2\.3\.4 is not understood"):
        read_question(request.dump(force=True))


def test_as_many_as_are_allowed_are_read_in_their_order() -> None:
    question = read_question(made_of(*range(MAX_CERTIFICATES)))
    assert [asked.serial for asked in question.certificates] == list(range(MAX_CERTIFICATES))


def test_no_cut_and_no_change_of_an_octet_escapes_as_another_error(quick_authority: Authority) -> None:
    der = asked_about(quick_authority.issue(), quick_authority.issuing.certificate, nonce=b"n" * 16)
    for position in range(len(der)):
        with pytest.raises(Invalid):
            read_question(der[:position])
        for change in (0xFF, 0x80, 0x01):
            changed = bytearray(der)
            changed[position] ^= change
            with suppress(Invalid):
                read_question(bytes(changed))


def test_hashes_are_those_of_the_rfc(quick_authority: Authority) -> None:
    """RFC 6960 §4.1.1: over the name's DER, and over the key's bit string without its tag, length and unused bits."""
    issuer = x509.load_der_x509_certificate(quick_authority.issuing.certificate)
    key = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest  # RFC 5280 method 1: the same SHA-1
    (asked,) = read_question(asked_about(quick_authority.issue(), quick_authority.issuing.certificate)).certificates
    assert asked.issuer_name_hash == hashlib.sha1(issuer.subject.public_bytes()).digest()
    assert asked.issuer_key_hash == key
