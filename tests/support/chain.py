"""The test PKI, in one readable file: a root, an issuing authority and one signer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from sigillo.engine.types import Signer

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = NOT_BEFORE + timedelta(days=3650)


@dataclass(frozen=True)
class TestKey:
    """A private key in memory, with the face that the engine asks for."""

    __test__ = False
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def algorithm(self) -> Literal["rsa", "ec"]:
        return "rsa" if isinstance(self.private, rsa.RSAPrivateKey) else "ec"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sigillo Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    subject: str, issuer: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, signing: rsa.RSAPrivateKey, ca: bool
) -> x509.Certificate:
    usage = x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@cache
def signer(algorithm: Literal["rsa", "ec"] = "rsa", common_name: str = "Łukasz 王 Ιωάννης العربية") -> Signer:
    """A signer of this process: a three-certificate chain, RSA-2048 or P-256."""
    root_key = rsa.generate_private_key(65537, 2048)
    issuing_key = rsa.generate_private_key(65537, 2048)
    leaf_key = rsa.generate_private_key(65537, 2048) if algorithm == "rsa" else ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Sigillo Test Root", "Sigillo Test Root", root_key, root_key, True)
    issuing = _certificate("Sigillo Test Issuing", "Sigillo Test Root", issuing_key, root_key, True)
    leaf = _certificate(common_name, "Sigillo Test Issuing", leaf_key, issuing_key, False)
    return Signer(certificate=_der(leaf), chain=(_der(issuing), _der(root)), key=TestKey(leaf_key))
