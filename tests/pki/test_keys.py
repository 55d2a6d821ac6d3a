"""Keys are made, loaded fast and sign what openssl verifies."""

import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sigillo.pki.keys import generate_p256, generate_rsa, load_key
from tests.pki.conftest import openssl
from tests.support.programs import needs


@needs("openssl")
@pytest.mark.parametrize(("generate", "algorithm"), [(generate_rsa, "rsa"), (generate_p256, "ec")])
def test_openssl_verifies_what_a_key_signs(tmp_path: Path, generate: object, algorithm: str) -> None:
    assert callable(generate)
    key = load_key(generate())
    assert key.algorithm == algorithm
    (tmp_path / "public.der").write_bytes(key.public_key_der)
    (tmp_path / "signature").write_bytes(key.sign(b"the signed attributes"))
    verify = (
        "dgst",
        "-sha256",
        "-keyform",
        "DER",
        "-verify",
        tmp_path / "public.der",
        "-signature",
        tmp_path / "signature",
    )
    assert "Verified OK" in openssl(*verify, octets=b"the signed attributes")


def test_sizes_and_curves_are_those_asked_for() -> None:
    private = load_key(generate_rsa(3072)).private
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 3072
    assert private.public_key().public_numbers().e == 65537
    curve = load_key(generate_p256()).private
    assert isinstance(curve, ec.EllipticCurvePrivateKey)
    assert curve.curve.name == "secp256r1"


@pytest.mark.parametrize("bits", [512, 1024, 2047, 16384])
def test_a_size_that_nobody_should_use_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="choose 2048"):
        generate_rsa(bits)


def test_another_kind_of_key_is_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="only RSA and EC"):
        load_key(other)


@pytest.mark.parametrize("octets", [b"", b"nonsense", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_key_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"(?i)key|parsing|asn"):
        load_key(octets)


def test_loading_and_the_first_signature_cost_less_than_the_check_that_is_skipped() -> None:
    pkcs8 = generate_rsa()
    started = time.process_time()
    serialization.load_der_private_key(pkcs8, None)
    checked = time.process_time() - started
    started = time.process_time()
    for _ in range(3):
        load_key(pkcs8).sign(b"data")
    assert (time.process_time() - started) / 3 < checked


def test_a_key_never_shows_in_a_representation() -> None:
    pkcs8 = generate_p256()
    private = load_key(pkcs8).private
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert repr(load_key(pkcs8)) == "LocalKey()"
