"""Private keys of signers and authorities: PKCS #8 (RFC 5958), RSA (RFC 8017), ECDSA (FIPS 186-5)."""

from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_PUBLIC_EXPONENT = 65537
_RSA_BITS = range(2048, 8193)


@dataclass(frozen=True, slots=True)
class LocalKey:
    """A private key in this process, ready to sign; safe between threads. It never shows in a repr.

    It has the face of the engine's SigningKey without knowing the engine.
    """

    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> Literal["rsa", "ec"]:
        """The family of the key: it fixes the signature algorithm."""
        return "rsa" if isinstance(self.private, rsa.RSAPrivateKey) else "ec"

    @property
    def public_key_der(self) -> bytes:
        """The public half as SubjectPublicKeyInfo DER (RFC 5280 §4.1.2.7)."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes) -> bytes:
        """Sign SHA-256(data): RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), or DER Ecdsa-Sig-Value (RFC 3279)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))


def generate_rsa(bits: int = 2048) -> bytes:
    """A new RSA key as unencrypted PKCS #8 DER: seal it at once. 2048 to 8192 bits, else ValueError."""
    if bits not in _RSA_BITS:
        raise ValueError(f"An RSA key of {bits} bits is not made here; choose 2048 to 8192.")
    return _pkcs8(rsa.generate_private_key(_PUBLIC_EXPONENT, bits))


def generate_p256() -> bytes:
    """A new key on NIST P-256 (FIPS 186-5) as unencrypted PKCS #8 DER: seal it at once."""
    return _pkcs8(ec.generate_private_key(ec.SECP256R1()))


def load_key(pkcs8: bytes) -> LocalKey:
    """Make a key usable. Raises ValueError unless `pkcs8` is DER of an unencrypted RSA or EC private key.

    The consistency check of RSA numbers (two primality tests, tens of milliseconds) is skipped: it defends
    against keys that an adversary chose, and what comes here was made by `generate_rsa` and opened from an
    authenticated seal that nobody else can write. Never load somebody else's key with this function.
    """
    key = serialization.load_der_private_key(pkcs8, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"A {type(key).__name__} cannot sign here; only RSA and EC keys can.")
    return LocalKey(key)


def _pkcs8(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
