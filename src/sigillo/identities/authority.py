"""The embedded authority of this installation: a root made once, and an issuing authority per public address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import IntegrityError, transaction

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.base.ids import new_id
from sigillo.identities.models import Authority, IssuedCertificate
from sigillo.installation import keyring, public_url
from sigillo.journal import record as journal
from sigillo.pki import authority as pki
from sigillo.pki.certificates import Subject, describe
from sigillo.pki.crl import Reason, Revocation, build_crl
from sigillo.pki.keys import generate_rsa, load_key
from sigillo.secrets.sealing import Context

ROOT_YEARS = 20
SIGNER_DAYS = 3 * 365
CRL_DAYS = 7
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
    made = pki.create_root(_name("Root", row_id), load_key(key), not_before=now() - CLOCK_SKEW, years=ROOT_YEARS)
    return _store(row_id, made.certificate, key, parent=None, address="")


def _name(what: str, row_id: UUID) -> Subject:
    # The id tells authorities of different installations apart wherever both are trusted.
    return Subject(common_name=f"Sigillo {what} {row_id.hex[:8]}", organization="Sigillo")


def root() -> Authority:
    """The root authority. Raises NotFound before `sigillo init` made one."""
    row = Authority.objects.filter(parent=None).first()
    if row is None:
        raise NotFound("no_authority", "This installation has no certificate authority yet; run sigillo init.")
    return row


def issuing() -> Authority:
    """The issuing authority whose certificates name this server's present public address; made when first needed."""
    address = public_url()
    row = Authority.objects.select_related("parent").filter(public_url=address, parent__isnull=False).first()
    return row or _create_issuing(address)


def _create_issuing(address: str) -> Authority:
    parent = root()
    row_id, key = new_id(), generate_rsa(2048)
    made = pki.create_issuing(
        _name("Issuing Authority", row_id),
        load_key(key),
        _issuer(parent),
        serial=pki.random_serial(),
        not_before=now() - CLOCK_SKEW,
        not_after=describe(bytes(parent.certificate)).not_after,
        crl_url=f"{address}/pki/{parent.id}.crl",
        issuer_url=f"{address}/pki/{parent.id}.crt",
    )
    try:
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
        _register(parent.id, certificate)
    root_id = parent.id if parent else row_id
    about = journal.Subject("authority", root_id, root_id)
    facts = {"authority": str(row_id), "certificate": describe(certificate).sha256, "address": address}
    journal.record(about, "authority.created", actor="system:authority", data=facts)
    return row


def issue(subject: Subject) -> Issued:
    """Issue a certificate for a person or program, on a fresh RSA-2048 key; `register` it with what it is for."""
    authority = issuing()
    key = generate_rsa(2048)
    certificate = pki.issue_signer(
        subject,
        load_key(key).public_key_der,
        _issuer(authority),
        serial=pki.random_serial(),
        not_before=now() - CLOCK_SKEW,
        not_after=now() + timedelta(days=SIGNER_DAYS),
        crl_url=f"{authority.public_url}/pki/{authority.id}.crl",
        issuer_url=f"{authority.public_url}/pki/{authority.id}.crt",
    )
    parent = authority.parent or root()
    chain = (bytes(authority.certificate), bytes(parent.certificate))
    return Issued(authority_id=authority.id, certificate=certificate, chain=chain, key=key)


def register(issued: Issued) -> None:
    """Enter a certificate into the register of its authority, in the transaction of what it is for."""
    _register(issued.authority_id, issued.certificate)


def _register(authority_id: UUID, certificate: bytes) -> None:
    info = describe(certificate)
    IssuedCertificate.objects.create(
        authority_id=authority_id, serial=f"{info.serial_number:x}", not_after=info.not_after
    )


def find_authority(authority_id: UUID) -> Authority:
    """An authority by the id that the certificates name. Raises NotFound."""
    row = Authority.objects.filter(id=authority_id).first()
    if row is None:
        raise NotFound("authority_not_found", "There is no such certificate authority here.")
    return row


def revocation_list(authority: Authority) -> bytes:
    """The authority's revocation list as of now, DER (RFC 5280 §5), good for a week.

    It is signed once a minute, and at once when the register grew; so its number, made of both, only grows (§5.2.3).
    """
    made = now().replace(second=0, microsecond=0)
    revoked = authority.issued.filter(revoked_at__isnull=False).order_by("revoked_at")
    revocations = tuple(
        Revocation(int(row.serial, 16), row.revoked_at, Reason(row.reason or "unspecified"))
        for row in revoked
        if row.revoked_at
    )
    return _signed_list(authority.id, revocations, made)


@lru_cache(maxsize=16)
def _signed_list(authority_id: UUID, revocations: tuple[Revocation, ...], made: datetime) -> bytes:
    # Anybody may ask for it, so asking must not cost a signature each time.
    return build_crl(
        _issuer(find_authority(authority_id)),
        revocations,
        number=int(made.timestamp()) * 1_000_000 + len(revocations),
        this_update=made,
        next_update=made + timedelta(days=CRL_DAYS),
    )


def _issuer(authority: Authority) -> pki.Issuer:
    key = keyring().open(authority.sealed_key, _context(authority.id))
    return pki.Issuer(certificate=bytes(authority.certificate), key=load_key(key))


def _context(row_id: UUID) -> Context:
    return Context(tenant="installation", table="authority", row=str(row_id), field="key")
