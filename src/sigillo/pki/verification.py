"""What can be checked with the public key of a certificate alone; whom to trust is decided elsewhere."""

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from sigillo.base.errors import Invalid


def is_signed_by(certificate: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over SHA-256(`data`) was made with the key of a DER certificate.

    RSASSA-PKCS1-v1_5 (RFC 8017 §8.2) and DER Ecdsa-Sig-Value (RFC 3279 §2.2.3); every other key answers no.
    """
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def chain_of(certificate: bytes, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Those of `others` that vouch for `certificate` (all DER), its issuer first, up to the last one that is there.

    Each is the issuer of the one before it by name and by signature (RFC 5280 §6.1.3 (a)(1) and (4)); whatever vouches
    for nothing is left out. Raises Invalid `certificate_malformed` where one is no certificate.
    """
    try:
        current = x509.load_der_x509_certificate(certificate)
        left = [x509.load_der_x509_certificate(der) for der in dict.fromkeys(others)]
    except (ValueError, x509.InvalidVersion) as error:
        raise Invalid("certificate_malformed", "A certificate of the chain is no X.509 certificate in DER.") from error
    chain: list[x509.Certificate] = []
    while not _issued(current, current):
        issuer = next((candidate for candidate in left if _issued(current, candidate)), None)
        if issuer is None:
            break
        left.remove(issuer)
        chain.append(issuer)
        current = issuer
    return tuple(link.public_bytes(Encoding.DER) for link in chain)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
