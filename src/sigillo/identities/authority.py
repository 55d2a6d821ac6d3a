"""The embedded authority: its rows and keys, and the register of what it issued and revoked.

A root signs issuing authorities, and these sign certificates of people and programs. Certificates name addresses of
this server, so each address has an issuing authority. What else speaks of revocation is beside this module:
`revocation_lists` and `responders`.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.base.ids import new_id
from sigillo.identities.key_use import ACTOR, about, intended
from sigillo.identities.models import Authority, IssuedCertificate
from sigillo.installation import keyring, pki_url
from sigillo.journal.record import record
from sigillo.pki import authority as pki
from sigillo.pki.certificates import Subject, describe, from_pem_or_base64, is_issued_by
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.keys import generate_rsa, load_key
from sigillo.pki.ocsp_answers import Standing
from sigillo.secrets.sealing import Context

ROOT_YEARS = 20
SIGNER_DAYS = 3 * 365
CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh certificate with its private key: DER, DER chain up to the root, PKCS#8; and who issued it."""

    authority_id: UUID
    certificate: bytes
    chain: tuple[bytes, ...]
    key: bytes


def create_root() -> Authority:
    """Make the root authority of a new installation, with a key of its own."""
    row_id, key = new_id(), generate_rsa(3072)
    made = pki.create_root(name_of("Root", row_id), load_key(key), not_before=now() - CLOCK_SKEW, years=ROOT_YEARS)
    return _store(row_id, made.certificate, key, parent=None, address="")


def name_of(what: str, row_id: UUID) -> Subject:
    """What an authority or its delegate is called; the id tells those of different installations apart."""
    return Subject(common_name=f"Sigillo {what} {row_id.hex[:8]}", organization="Sigillo")


def root() -> Authority:
    """The root authority. Raises NotFound before `sigillo init` made one."""
    row = Authority.objects.filter(parent=None).first()
    if row is None:
        raise NotFound("no_authority", "This installation has no certificate authority yet; run sigillo init.")
    return row


def issuing() -> Authority:
    """The issuing authority whose certificates name the present address of this server; made when first needed."""
    address = pki_url()
    row = Authority.objects.select_related("parent").filter(public_url=address, parent__isnull=False).first()
    return row or _create_issuing(address)


def _create_issuing(address: str) -> Authority:
    parent = root()
    row_id, key = new_id(), generate_rsa(2048)
    place = f"{address}/pki/{parent.id}"
    try:
        with intended(parent, "authority", {"authority": str(row_id), "address": address}):
            made = pki.create_issuing(
                name_of("Issuing Authority", row_id),
                load_key(key),
                issuer_of(parent),
                serial=pki.random_serial(),
                not_before=now() - CLOCK_SKEW,
                not_after=describe(bytes(parent.certificate)).not_after,
                crl_url=f"{place}.crl",
                issuer_url=f"{place}.crt",
                ocsp_url=f"{place}/ocsp",
            )
            with transaction.atomic():
                return _store(row_id, made.certificate, key, parent=parent, address=address)
    except IntegrityError:  # another process made it in the same moment
        return Authority.objects.select_related("parent").get(public_url=address)


def _store(row_id: UUID, certificate: bytes, key: bytes, *, parent: Authority | None, address: str) -> Authority:
    row = Authority.objects.create(
        id=row_id,
        parent=parent,
        public_url=address,
        certificate=certificate,
        sealed_key=keyring().seal(key, _context(row_id)),
    )
    if parent is not None:
        enter(parent.id, certificate)
    facts = {"authority": str(row_id), "certificate": describe(certificate).sha256, "address": address}
    record(about(row), "authority.created", actor=ACTOR, data=facts)
    return row


def issue(subject: Subject) -> Issued:
    """Issue a certificate for a person or program, on a fresh RSA-2048 key; `register` it with what it is for."""
    authority = issuing()
    key = generate_rsa(2048)
    place = f"{authority.public_url}/pki/{authority.id}"
    certificate = pki.issue_signer(
        subject,
        load_key(key).public_key_der,
        issuer_of(authority),
        serial=pki.random_serial(),
        not_before=now() - CLOCK_SKEW,
        not_after=now() + timedelta(days=SIGNER_DAYS),
        crl_url=f"{place}.crl",
        issuer_url=f"{place}.crt",
        ocsp_url=f"{place}/ocsp",
    )
    parent = authority.parent or root()
    chain = (bytes(authority.certificate), bytes(parent.certificate))
    return Issued(authority_id=authority.id, certificate=certificate, chain=chain, key=key)


def register(issued: Issued) -> None:
    """Enter a certificate into the register of its authority, in the transaction of what it is for."""
    enter(issued.authority_id, issued.certificate)


def enter(authority_id: UUID, certificate: bytes) -> None:
    """Enter a certificate (DER) into the register: only what is there can be revoked, and is good when it is not."""
    info = describe(certificate)
    IssuedCertificate.objects.create(
        authority_id=authority_id, serial=f"{info.serial_number:x}", not_after=info.not_after
    )


def revoke(certificate: bytes | str, reason: Reason, *, actor: str) -> bool:
    """Revoke a certificate that an authority of this installation issued, in the transaction of what ends its use.

    `certificate` is DER, or PEM text such as an identity holds. From the commit on, every process says so by list and
    by OCSP, with this moment and this reason, for ever. It records `certificate.revoked` in the authorities' chain,
    and holds that chain until the transaction ends: call it before you record in another one, so that no two
    transactions that do both wait for each other.

    Returns whether this call revoked it; if it was revoked before, nothing changes, the reason neither.

    Raises:
        NotFound: it was not issued here (`certificate_not_issued_here`), as that of another provider.
        Invalid: it is no certificate.
        RuntimeError: there is no surrounding transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A certificate is revoked in the transaction of what ends its use; open one around both.")
    der = from_pem_or_base64(certificate) if isinstance(certificate, str) else certificate
    info = describe(der)
    authority = _find_issuer(der)
    held = IssuedCertificate.objects.select_for_update().filter(serial=f"{info.serial_number:x}")
    row = held.filter(authority=authority).first() if authority else None
    if row is None or authority is None:
        raise NotFound("certificate_not_issued_here", "No certificate authority of this installation issued this.")
    if row.revoked_at is not None:
        return False
    facts = {"authority": str(authority.id), "certificate": info.sha256, "reason": reason.value}
    record(about(authority), "certificate.revoked", actor=actor, data=facts)
    row.revoked_at, row.reason = now(), reason.value
    row.save(update_fields=("revoked_at", "reason"))
    Authority.objects.filter(id=authority.id).update(revocations=F("revocations") + 1)
    return True


def standing_of(certificate: bytes) -> Standing | Revocation:
    """What the registers say of a certificate (DER) and of the authorities above it: revoked, if one of them is.

    Unknown is what no authority of this installation signed, or what is not in its register.
    """
    authority = _find_issuer(certificate)
    serial = describe(certificate).serial_number
    row = authority.issued.filter(serial=f"{serial:x}").first() if authority else None
    if row is None or authority is None:
        return Standing.UNKNOWN
    if row.revoked_at is not None:
        return Revocation(serial, row.revoked_at, Reason(row.reason or "unspecified"))
    return standing_of(bytes(authority.certificate)) if authority.parent_id else Standing.GOOD


def _find_issuer(certificate: bytes) -> Authority | None:
    """The authority whose key signed it, not only one of the right name."""
    return next((row for row in Authority.objects.all() if is_issued_by(certificate, bytes(row.certificate))), None)


def find_authority(authority_id: UUID) -> Authority:
    """An authority by the id that the certificates name, with its responder if it has one. Raises NotFound."""
    row = Authority.objects.select_related("responder").filter(id=authority_id).first()
    if row is None:
        raise NotFound("authority_not_found", "There is no such certificate authority here.")
    return row


def issuer_of(authority: Authority) -> pki.Issuer:
    """The authority ready to sign. Each use is `key_use.intended` before it happens."""
    key = keyring().open(authority.sealed_key, _context(authority.id))
    return pki.Issuer(certificate=bytes(authority.certificate), key=load_key(key))


def _context(row_id: UUID) -> Context:
    return Context(tenant="installation", table="authority", row=str(row_id), field="key")
