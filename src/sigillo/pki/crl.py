"""Certificate revocation lists (RFC 5280 §5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from sigillo.pki.assembly import instant
from sigillo.pki.authority import Issuer, check_issuer
from sigillo.pki.profiles import authority_key_identifier


class Reason(Enum):
    """Why a certificate was revoked (RFC 5280 §5.3.1), in the spelling of the RFC.

    `removeFromCRL` is for delta lists, which are not made here; `unspecified` is written as no reason at all.
    """

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One revoked certificate: its serial number, the aware moment it was revoked, and why."""

    serial: int
    at: datetime
    reason: Reason = Reason.UNSPECIFIED


def build_crl(
    issuer: Issuer,
    revocations: Iterable[Revocation],
    *,
    number: int,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """A complete list in DER, signed by the authority, with key identifier and number (§5.2.1, §5.2.3).

    `number` grows from list to list of one authority, so that two of different times never share one (positive, at
    most 20 octets: the seconds of `this_update` will do). Times are aware. Keep revoked certificates on the list after
    they expire, so that old signatures can still be judged. Raises ValueError if `next_update` is not after
    `this_update`, or a certificate is listed twice.
    """
    if instant(next_update) <= instant(this_update):
        raise ValueError("The next list must come after this one; choose a later `next_update`.")
    check_issuer(issuer)
    name = x509.load_der_x509_certificate(issuer.certificate).subject
    # The list goes into the constructor: `add_revoked_certificate` copies all earlier ones at each call.
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=_entries(revocations))
        .issuer_name(name)
        .last_update(instant(this_update))
        .next_update(instant(next_update))
        .add_extension(authority_key_identifier(issuer.certificate), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    return builder.sign(issuer.key.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _entries(revocations: Iterable[Revocation]) -> list[x509.RevokedCertificate]:
    entries = {}
    for revocation in revocations:
        if revocation.serial in entries:
            raise ValueError(f"The certificate {revocation.serial:x} is on the list twice; keep one entry.")
        entries[revocation.serial] = _entry(revocation)
    return list(entries.values())


def _entry(revocation: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(revocation.serial).revocation_date(instant(revocation.at))
    if revocation.reason is not Reason.UNSPECIFIED:
        reason = x509.CRLReason(x509.ReasonFlags(revocation.reason.value))
        builder = builder.add_extension(reason, critical=False)
    return builder.build()
