"""A certificate put together from its parts and signed (RFC 5280 §4.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import algos, core, keys
from asn1crypto import x509 as asn1
from cryptography import x509

from sigillo.pki.keys import LocalKey

SIGNATURE_ALGORITHMS = {"rsa": "sha256_rsa", "ec": "sha256_ecdsa"}
_GENERALIZED_FROM = 2050  # RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime after


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension and whether a verifier must refuse the certificate if it does not know it."""

    value: x509.ExtensionType
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """What a certificate says. `public_key` is SubjectPublicKeyInfo DER; times are aware."""

    subject: asn1.Name
    issuer: asn1.Name
    public_key: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    extensions: Sequence[Extension]


def assemble(parts: Parts, key: LocalKey) -> bytes:
    """The certificate in DER, version 3, signed with the issuer's key over SHA-256.

    Raises ValueError for a serial number that is not positive or exceeds 20 octets, or an empty validity.
    """
    not_before, not_after = instant(parts.not_before), instant(parts.not_after)
    if not_after <= not_before:
        raise ValueError(f"A certificate from {not_before} to {not_after} is never valid; end it later.")
    if not 0 < parts.serial < 1 << 159:
        raise ValueError("A serial number is positive and has at most 20 octets; use `random_serial`.")
    algorithm = algos.SignedDigestAlgorithm({"algorithm": SIGNATURE_ALGORITHMS[key.algorithm]})
    content = asn1.TbsCertificate(
        {
            "version": "v3",
            "serial_number": parts.serial,
            "signature": algorithm,
            "issuer": parts.issuer,
            "validity": {"not_before": _time(not_before), "not_after": _time(not_after)},
            "subject": parts.subject,
            "subject_public_key_info": keys.PublicKeyInfo.load(parts.public_key),
            "extensions": [_extension(extension) for extension in parts.extensions],
        }
    )
    certificate = asn1.Certificate(
        {
            "tbs_certificate": content,
            "signature_algorithm": algorithm,
            "signature_value": key.sign(content.dump()),
        }
    )
    der: bytes = certificate.dump()
    return der


def instant(moment: datetime) -> datetime:
    """The moment in UTC in whole seconds, all that X.509 can say. Raises ValueError if it is naive."""
    if moment.tzinfo is None:
        raise ValueError("Times in certificates must be aware; attach a time zone.")
    return moment.astimezone(UTC).replace(microsecond=0)


def _time(moment: datetime) -> asn1.Time:
    form = "utc_time" if moment.year < _GENERALIZED_FROM else "general_time"
    return asn1.Time({form: moment})


def _extension(extension: Extension) -> asn1.Extension:
    return asn1.Extension(
        {
            "extn_id": extension.value.oid.dotted_string,
            "critical": extension.critical,
            "extn_value": core.ParsableOctetString(extension.value.public_bytes()),
        }
    )
