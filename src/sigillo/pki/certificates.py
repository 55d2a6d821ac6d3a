"""Reading certificates, our own and other people's (RFC 5280 §4; PEM: RFC 7468)."""

import base64
import binascii
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sigillo.base.errors import Invalid
from sigillo.pki.names import Subject, read_name

__all__ = [
    "CertificateInfo",
    "Subject",
    "describe",
    "from_pem_bundle",
    "from_pem_or_base64",
    "is_issued_by",
    "to_bundle",
    "to_pem",
]

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
_LIMIT = 64 * 1024  # characters; a certificate of a person is a few thousand

_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What a certificate says.

    `subject` and `issuer` map attribute names, long and short, to text (see `names.read_name`). Times are
    aware, UTC. `key_usage` holds the names of RFC 5280 §4.2.1.3, or None without the extension (any use);
    `extended_key_usage` dotted OIDs. `sha256` is the fingerprint of the DER, 64 lowercase hexadecimal digits.
    `algorithm` is the family of its public key; `key_bits` its modulus or field size, 0 where there is none.
    """

    subject: Mapping[str, str]
    issuer: Mapping[str, str]
    serial_number: int
    not_before: datetime
    not_after: datetime
    key_usage: frozenset[str] | None
    extended_key_usage: tuple[str, ...]
    is_authority: bool
    crl_urls: tuple[str, ...]
    sha256: str
    algorithm: Literal["rsa", "ec", "other"]
    key_bits: int


def describe(der: bytes) -> CertificateInfo:
    """Read a DER certificate. Raises Invalid (`certificate_malformed`) where it cannot be read to the end.

    An e-mail address that stands only in the alternative name appears in `subject` as `emailAddress` and `E`.
    """
    certificate = _load(der)
    try:
        return _describe(certificate, asn1.Certificate.load(der))
    except (
        ValueError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise _malformed(f"it cannot be read ({error})") from error


def is_issued_by(der: bytes, issuer: bytes) -> bool:
    """Whether a certificate names this issuer, whose key signed it; both in DER (RFC 5280 §6.1.3 a, 1 and 4).

    Raises Invalid (`certificate_malformed`) where one of them is no certificate.
    """
    try:
        _load(der).verify_directly_issued_by(_load(issuer))
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):  # the last three: another's name or key
        return False
    return True


def to_pem(der: bytes) -> str:
    """The PEM text of DER octets: lines of 64 characters, a final line feed (RFC 7468 §2)."""
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def to_bundle(certificates: Iterable[bytes]) -> str:
    """Several certificates as one PEM text, in the given order."""
    return "".join(to_pem(der) for der in certificates)


def from_pem_or_base64(text: str) -> bytes:
    """The DER of the first certificate in PEM text, or of bare base64; spaces may stand for line breaks.

    Raises Invalid: `certificate_missing` for empty text, `certificate_malformed` for anything else that is no
    X.509 certificate, with a sentence that says what it is instead.
    """
    if not text.strip():
        raise Invalid("certificate_missing", "The certificate is empty; send it as PEM or as base64.")
    if len(text) > _LIMIT:
        raise _malformed(f"it has more than {_LIMIT} characters")
    der = _decode(_certificate_block(text))
    _load(der)
    return der


def from_pem_bundle(text: str) -> tuple[bytes, ...]:
    """The DER of every certificate in PEM text, of which there must be one at least, in its order.

    Raises Invalid like `from_pem_or_base64`; what stands between the certificates is not looked at (RFC 7468 §2).
    """
    blocks = [block for label, block in _BLOCK.findall(text) if label == "CERTIFICATE"]
    if not blocks:
        raise Invalid("certificate_missing", "The text holds no certificate in PEM.")
    return tuple(from_pem_or_base64(block) for block in blocks)


def _certificate_block(text: str) -> str:
    if "-----" not in text:
        return text
    blocks: dict[str, str] = dict(reversed(_BLOCK.findall(text)))
    for label in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
        if label in blocks:
            return blocks[label]
    found = next(iter(blocks), None)
    if found:
        raise _malformed(f"the PEM text holds a {found.lower()} instead")
    raise _malformed("a line of its PEM frame is missing")


def _decode(text: str) -> bytes:
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("it is neither PEM nor base64") from None


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        raise _malformed("its octets are no X.509 certificate in DER") from None


def _describe(certificate: x509.Certificate, names: asn1.Certificate) -> CertificateInfo:
    extensions = certificate.extensions
    constraints = _find(extensions, x509.BasicConstraints)
    extended = _find(extensions, x509.ExtendedKeyUsage)
    algorithm, bits = _key(certificate)
    return CertificateInfo(
        subject=_subject(names, extensions),
        issuer=read_name(names.issuer),
        serial_number=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key_usage=_key_usage(extensions),
        extended_key_usage=tuple(purpose.dotted_string for purpose in extended or ()),
        is_authority=constraints is not None and constraints.ca,
        crl_urls=_crl_urls(extensions),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        algorithm=algorithm,
        key_bits=bits,
    )


def _find(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _subject(names: asn1.Certificate, extensions: x509.Extensions) -> dict[str, str]:
    values = read_name(names.subject)
    alternative = _find(extensions, x509.SubjectAlternativeName)
    addresses = alternative.get_values_for_type(x509.RFC822Name) if alternative else []
    if addresses:
        values.setdefault("emailAddress", addresses[0])
        values.setdefault("E", addresses[0])
    return values


def _key_usage(extensions: x509.Extensions) -> frozenset[str] | None:
    usage = _find(extensions, x509.KeyUsage)
    if usage is None:
        return None
    return frozenset(name for attribute, name in _USAGES.items() if getattr(usage, attribute))


def _crl_urls(extensions: x509.Extensions) -> tuple[str, ...]:
    points = _find(extensions, x509.CRLDistributionPoints) or ()
    names = (name for point in points for name in point.full_name or ())
    return tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))


def _key(certificate: x509.Certificate) -> tuple[Literal["rsa", "ec", "other"], int]:
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return "other", 0
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ec", key.key_size
    return "other", 0


def _malformed(fault: str) -> Invalid:
    return Invalid("certificate_malformed", f"The certificate is not usable: {fault}.")
