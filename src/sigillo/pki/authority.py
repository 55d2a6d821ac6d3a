"""The embedded authority: a root, issuing authorities under it, and the certificates of signers.

Profiles of RFC 5280 §4; signers also follow EN 319 412-2 for natural persons. Time, serial numbers and
addresses are arguments: the same values say the same thing, whenever and wherever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509 as asn1
from cryptography import x509

from sigillo.base.errors import Invalid
from sigillo.pki.assembly import Parts, assemble, instant
from sigillo.pki.keys import LocalKey
from sigillo.pki.names import Subject, encode_name
from sigillo.pki.profiles import (
    authority_extensions,
    issuer_extensions,
    responder_extensions,
    signer_extensions,
    timestamping_extensions,
)


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
        extensions=authority_extensions(key.public_key_der, path_length=None),
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
    ocsp_url: str = "",
) -> Issuer:
    """An authority under the root that issues to signers only (pathLenConstraint 0, RFC 5280 §4.2.1.9).

    `crl_url` is where the *root's* list is read, `issuer_url` where its certificate (DER) is, `ocsp_url` where it is
    asked about single certificates, if anywhere. Raises Invalid for a name or address that does not fit, or an
    authority that would outlive the root.
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
            *authority_extensions(key.public_key_der, path_length=0),
            *issuer_extensions(root.certificate, crl_url, issuer_url, ocsp_url),
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
    ocsp_url: str = "",
    policies: Sequence[str] = (),
) -> bytes:
    """The certificate (DER) of a person or an automatic signer.

    `public_key` is SubjectPublicKeyInfo DER: RSA of 2048 bits or more, or EC. Critical keyUsage
    digitalSignature and nonRepudiation (EN 319 412-2 §4.3.2), extended usage emailProtection and
    documentSigning (RFC 9336), the addresses of the issuer's list, certificate and, unless empty, responder;
    `policies` as dotted OIDs. Raises Invalid for a name, key, address or policy that does not fit, or a
    certificate that would outlive its issuer.
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
            *signer_extensions(subject, public_key, policies),
            *issuer_extensions(issuer.certificate, crl_url, issuer_url, ocsp_url),
        ),
    )
    return assemble(parts, issuer.key)


def issue_responder(
    subject: Subject, public_key: bytes, issuer: Issuer, *, serial: int, not_before: datetime, not_after: datetime
) -> bytes:
    """The certificate (DER) of a delegate that signs OCSP answers for the issuer, whose own key then rests.

    The profile is that of RFC 6960 §4.2.2.2 with ocsp-nocheck: keep its life short, since nobody asks whether it was
    revoked. `public_key` is SubjectPublicKeyInfo DER. Raises Invalid for a name or key that does not fit, or a
    certificate that would outlive its issuer.
    """
    check_issuer(issuer)
    parts = Parts(
        subject=encode_name(subject),
        issuer=_name_of(issuer),
        public_key=public_key,
        serial=serial,
        not_before=not_before,
        not_after=_within(issuer, not_after),
        extensions=responder_extensions(issuer.certificate, public_key),
    )
    return assemble(parts, issuer.key)


def issue_timestamping(
    subject: Subject,
    public_key: bytes,
    issuer: Issuer,
    *,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    key_until: datetime,
    crl_url: str,
    issuer_url: str,
    ocsp_url: str = "",
) -> bytes:
    """The certificate (DER) of a unit that time-stamps (RFC 3161 §2.3), whose key is used until `key_until` at most.

    `public_key` is SubjectPublicKeyInfo DER; the addresses are as in `issue_signer`. Raises Invalid for a name, key or
    address that does not fit, or a certificate that would outlive its issuer.
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
            *timestamping_extensions(public_key, key_until),
            *issuer_extensions(issuer.certificate, crl_url, issuer_url, ocsp_url),
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
