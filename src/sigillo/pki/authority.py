"""The embedded authority: a root, issuing authorities under it, and the certificates of signers.

Profiles of RFC 5280 §4; signers also follow EN 319 412-2 for natural persons. Time, serial numbers and
addresses are arguments: the same values say the same thing, whenever and wherever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from sigillo.base.errors import Invalid
from sigillo.pki.assembly import Extension, Parts, assemble, instant
from sigillo.pki.keys import LocalKey
from sigillo.pki.names import Subject, encode_email, encode_name

_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # id-kp-documentSigning, RFC 9336
# NSS (so pdfsig) and `openssl cms` take a signer with purposes only if e-mail protection is one of them.
_SIGNER_PURPOSES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, _DOCUMENT_SIGNING)
_RSA_BITS = 2048
_EC_BITS = 256


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority that can issue: its certificate (DER) and the key that belongs to it."""

    certificate: bytes
    key: LocalKey


def random_serial() -> int:
    """A serial number: positive, 159 random bits, so at most 20 octets (RFC 5280 §4.1.2.2)."""
    return x509.random_serial_number()


def create_root(
    subject: Subject, key: LocalKey, *, not_before: datetime, years: int, serial: int | None = None
) -> Issuer:
    """A self-signed root: critical CA constraint, keyCertSign and cRLSign (RFC 5280 §4.2.1.3, §4.2.1.9).

    `not_before` is aware; `years` are calendar years. Raises Invalid for a name that does not fit.
    """
    name = encode_name(subject)
    parts = Parts(
        subject=name,
        issuer=name,
        public_key=key.public_key_der,
        serial=serial or random_serial(),
        not_before=not_before,
        not_after=add_years(not_before, years),
        extensions=_authority_extensions(key.public_key_der, path_length=None),
    )
    return Issuer(certificate=assemble(parts, key), key=key)


def create_issuing(
    subject: Subject,
    key: LocalKey,
    root: Issuer,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    crl_url: str,
    issuer_url: str,
) -> Issuer:
    """An authority under the root that issues to signers only (pathLenConstraint 0, RFC 5280 §4.2.1.9).

    `crl_url` is where the *root's* list is read, `issuer_url` where its certificate (DER) is. Raises Invalid
    for a name or address that does not fit, or an authority that would outlive the root.
    """
    check_issuer(root)
    parts = Parts(
        subject=encode_name(subject),
        issuer=_name_of(root),
        public_key=key.public_key_der,
        serial=serial,
        not_before=not_before,
        not_after=_within(root, not_after),
        extensions=(
            *_authority_extensions(key.public_key_der, path_length=0),
            *_pointers(root, crl_url, issuer_url),
        ),
    )
    return Issuer(certificate=assemble(parts, root.key), key=key)


def issue_signer(
    subject: Subject,
    public_key: bytes,
    issuer: Issuer,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    crl_url: str,
    issuer_url: str,
    policies: Sequence[str] = (),
) -> bytes:
    """The certificate (DER) of a person or an automatic signer.

    `public_key` is SubjectPublicKeyInfo DER: RSA of 2048 bits or more, or EC. Critical keyUsage
    digitalSignature and nonRepudiation (EN 319 412-2 §4.3.2), extended usage emailProtection and
    documentSigning (RFC 9336), the addresses of the issuer's list and certificate, `policies` as dotted OIDs.
    Raises Invalid for a name, key, address or policy that does not fit, or a certificate that would outlive
    its issuer.
    """
    check_issuer(issuer)
    parts = Parts(
        subject=encode_name(subject),
        issuer=_name_of(issuer),
        public_key=public_key,
        serial=serial,
        not_before=not_before,
        not_after=_within(issuer, not_after),
        extensions=(
            *_signer_extensions(subject, public_key, policies),
            *_pointers(issuer, crl_url, issuer_url),
        ),
    )
    return assemble(parts, issuer.key)


def check_issuer(issuer: Issuer) -> None:
    """Raises ValueError if the certificate is no authority's or the key is not its own."""
    certificate = x509.load_der_x509_certificate(issuer.certificate)
    if not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise ValueError("A certificate that is no authority cannot issue; give the authority's own.")
    if certificate.public_key() != issuer.key.private.public_key():
        raise ValueError("The authority's certificate and key do not belong together; load both of one row.")


def authority_key_identifier(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    """The issuer's own key identifier, as its certificate states it (RFC 5280 §4.2.1.1)."""
    extensions = x509.load_der_x509_certificate(issuer.certificate).extensions
    identifier = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def add_years(moment: datetime, years: int) -> datetime:
    """The same day so many calendar years later; 29 February becomes the 28th where the year has none."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def _name_of(issuer: Issuer) -> asn1.Name:
    return asn1.Certificate.load(issuer.certificate).subject  # octet for octet: RFC 5280 §4.1.2.4


def _within(issuer: Issuer, not_after: datetime) -> datetime:
    end = x509.load_der_x509_certificate(issuer.certificate).not_valid_after_utc
    if instant(not_after) > end:
        raise Invalid(
            "certificate_outlives_issuer",
            f"The certificate would end after its issuer, which ends on {end:%Y-%m-%d}; "
            "choose an earlier end or renew the authority.",
        )
    return not_after


def _authority_extensions(public_key: bytes, path_length: int | None) -> tuple[Extension, ...]:
    return (
        Extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True),
        Extension(_usage(signs_documents=False), critical=True),
        Extension(_key_identifier(public_key)),
    )


def _signer_extensions(subject: Subject, public_key: bytes, policies: Sequence[str]) -> list[Extension]:
    extensions = [
        Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        Extension(_usage(signs_documents=True), critical=True),
        Extension(x509.ExtendedKeyUsage(_SIGNER_PURPOSES)),
        Extension(_key_identifier(public_key)),
    ]
    if subject.email.strip():
        extensions.append(Extension(x509.SubjectAlternativeName([encode_email(subject.email)])))
    if policies:
        extensions.append(Extension(_policies(policies)))
    return extensions


def _pointers(issuer: Issuer, crl_url: str, issuer_url: str) -> tuple[Extension, ...]:
    """What every certificate below the root says of its issuer (§4.2.1.1, §4.2.1.13, §4.2.2.1)."""
    point = x509.DistributionPoint([_url(crl_url)], relative_name=None, reasons=None, crl_issuer=None)
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _url(issuer_url))
    return (
        Extension(authority_key_identifier(issuer)),
        Extension(x509.CRLDistributionPoints([point])),
        Extension(x509.AuthorityInformationAccess([access])),
    )


def _usage(*, signs_documents: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs_documents,
        content_commitment=signs_documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs_documents,
        crl_sign=not signs_documents,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier(public_key: bytes) -> x509.SubjectKeyIdentifier:
    # SHA-1 over the key: an index to find the issuer by, not a proof (RFC 5280 §4.2.1.2 method 1).
    return x509.SubjectKeyIdentifier.from_public_key(_public_key(public_key))


def _public_key(der: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise Invalid("public_key_invalid", "The public key is no SubjectPublicKeyInfo in DER.") from None
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= _EC_BITS:
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS:
        return key
    fits = f"RSA from {_RSA_BITS} bits and EC from {_EC_BITS} bits"
    raise Invalid("public_key_invalid", f"The public key is not certified here; only {fits} are.")


def _policies(policies: Sequence[str]) -> x509.CertificatePolicies:
    try:
        identifiers = [x509.ObjectIdentifier(policy) for policy in policies]
    except ValueError as error:
        sentence = "A certificate policy is no dotted object identifier, such as 0.4.0.2042.1.1."
        raise Invalid("policy_invalid", sentence) from error
    return x509.CertificatePolicies([x509.PolicyInformation(policy, None) for policy in identifiers])


def _url(address: str) -> x509.UniformResourceIdentifier:
    if not address.isascii() or not address.startswith(("http://", "https://")) or len(address.split()) != 1:
        raise Invalid("address_invalid", f"{address!r} is no ASCII http or https address for a certificate.")
    return x509.UniformResourceIdentifier(address)
