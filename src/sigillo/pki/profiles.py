"""What each kind of certificate carries: the extensions of RFC 5280 §4.2, to which the sections here refer."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from sigillo.base.errors import Invalid
from sigillo.pki.assembly import Extension, instant
from sigillo.pki.names import Subject, encode_email

_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # id-kp-documentSigning, RFC 9336
# NSS (so pdfsig) and `openssl cms` take a signer with purposes only if e-mail protection is one of them.
_SIGNER_PURPOSES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, _DOCUMENT_SIGNING)
_RSA_BITS = 2048
_EC_BITS = 256


def authority_extensions(public_key: bytes, path_length: int | None) -> tuple[Extension, ...]:
    """An authority: it signs certificates and lists, with at most `path_length` authorities below it (§4.2.1.9)."""
    return (
        Extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True),
        Extension(_usage(key_cert_sign=True, crl_sign=True), critical=True),
        Extension(_key_identifier(public_key)),
    )


def signer_extensions(subject: Subject, public_key: bytes, policies: Sequence[str]) -> list[Extension]:
    """A signer of documents: no authority, digitalSignature and nonRepudiation (EN 319 412-2 §4.3.2).

    Raises Invalid for an e-mail address, key or policy that does not fit.
    """
    extensions = [
        Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        Extension(_usage(digital_signature=True, content_commitment=True), critical=True),
        Extension(x509.ExtendedKeyUsage(_SIGNER_PURPOSES)),
        Extension(_key_identifier(public_key)),
    ]
    if subject.email.strip():
        extensions.append(Extension(x509.SubjectAlternativeName([encode_email(subject.email)])))
    if policies:
        extensions.append(Extension(_policies(policies)))
    return extensions


def responder_extensions(issuer: bytes, public_key: bytes) -> tuple[Extension, ...]:
    """A delegate that answers OCSP for its issuer (certificate in DER), and does nothing else (RFC 6960 §4.2.2.2).

    It is short-lived and says that nobody need ask whether it was itself revoked (§4.2.2.2.1, ocsp-nocheck).
    """
    return (
        Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        Extension(_usage(digital_signature=True), critical=True),
        Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])),
        Extension(x509.OCSPNoCheck()),
        Extension(_key_identifier(public_key)),
        Extension(authority_key_identifier(issuer)),
    )


def timestamping_extensions(public_key: bytes, key_until: datetime) -> tuple[Extension, ...]:
    """A unit that time-stamps, and does nothing else: its one purpose is critical (RFC 3161 §2.3).

    `key_until` (aware) is when its key is to be used no more; what it stamped can be checked for as long as the
    certificate is in date (privateKeyUsagePeriod, RFC 3280 §4.2.1.4).
    """
    return (
        Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        Extension(_usage(digital_signature=True), critical=True),
        Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True),
        Extension(x509.PrivateKeyUsagePeriod(not_before=None, not_after=instant(key_until))),
        Extension(_key_identifier(public_key)),
    )


def issuer_extensions(issuer: bytes, crl_url: str, issuer_url: str, ocsp_url: str) -> tuple[Extension, ...]:
    """What every certificate below the root says of its issuer (§4.2.1.1, §4.2.1.13, §4.2.2.1).

    `issuer` is its certificate in DER; an empty `ocsp_url` names no responder. Raises Invalid for an address that is
    no ASCII http or https one.
    """
    point = x509.DistributionPoint([_url(crl_url)], relative_name=None, reasons=None, crl_issuer=None)
    access = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _url(issuer_url))]
    if ocsp_url:
        access.insert(0, x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _url(ocsp_url)))
    return (
        Extension(authority_key_identifier(issuer)),
        Extension(x509.CRLDistributionPoints([point])),
        Extension(x509.AuthorityInformationAccess(access)),
    )


def authority_key_identifier(issuer: bytes) -> x509.AuthorityKeyIdentifier:
    """The issuer's own key identifier, as its certificate (DER) states it (§4.2.1.1)."""
    extensions = x509.load_der_x509_certificate(issuer).extensions
    identifier = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
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
