"""Certificates as a test needs them: of the wrong kind, at the wrong time, by the wrong authority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sigillo.engine.types import Signer
from tests.support import chain


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Profile:
    """What a certificate says of itself; with `edwards` it states an Ed25519 key that nobody here has."""

    ca: bool | None = None
    sign: bool = True
    issue: bool = True
    purposes: Sequence[x509.ObjectIdentifier] = ()
    not_before: datetime = chain.NOT_BEFORE
    not_after: datetime = chain.NOT_AFTER
    path_length: int | None = None
    bits: int = 2048
    edwards: bool = False


def issue(name: str, profile: Profile, issuer: Issued | None = None) -> Issued:
    """A certificate by `issuer`, or by itself."""
    key = rsa.generate_private_key(65537, profile.bits)
    stated = ed25519.Ed25519PrivateKey.generate().public_key() if profile.edwards else key.public_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(stated)
        .serial_number(x509.random_serial_number())
        .not_valid_before(profile.not_before)
        .not_valid_after(profile.not_after)
    )
    authority = bool(profile.ca)
    usage = x509.KeyUsage(
        digital_signature=profile.sign and not authority,
        content_commitment=False,
        key_encipherment=not profile.sign or not profile.issue,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority and profile.issue,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(usage, critical=True)
    if profile.ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(profile.ca, profile.path_length), critical=True)
    if profile.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(profile.purposes), critical=True)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@cache
def root() -> Issued:
    return issue("Sigillo Test Root of Exceptions", Profile(ca=True))


@cache
def stamping_authority() -> Issued:
    return issue("Sigillo Test TSA", Profile(purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)), root())


def signer(profile: Profile, issuing: Profile | None = None) -> Signer:
    """A signer under `root()`, with an issuing authority between them where a profile for one is given."""
    authority = issue("Issuing", issuing, root()) if issuing else root()
    leaf = issue("Signer", profile, authority)
    links = (authority.der, root().der) if issuing else (root().der,)
    return Signer(leaf.der, links, chain.TestKey(leaf.key))
