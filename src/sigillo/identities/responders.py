"""Whether a certificate is revoked, answered for its authority by a delegate with a short life and its own key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.identities.authority import CLOCK_SKEW, enter, find_authority, issuer_of, name_of
from sigillo.identities.key_use import ACTOR, about, intended
from sigillo.identities.models import Authority, Responder
from sigillo.installation import keyring
from sigillo.journal.record import record
from sigillo.pki import authority as pki
from sigillo.pki.certificates import describe
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.keys import generate_rsa, load_key
from sigillo.pki.ocsp import CertificateId, read_question
from sigillo.pki.ocsp_answers import Answer, Delegate, Refusal, Standing, refuse, sign_answers
from sigillo.secrets.sealing import Context

LIFE = timedelta(days=14)
RENEWED_BEFORE = timedelta(days=7)
VALID = timedelta(hours=1)
"""How long a verifier may use an answer: whoever recorded one can show it so long after a revocation."""
_KEPT_SECONDS = 60
_RENEWING = Lock()


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back, DER. `period` is there if others who ask the same may be given it: from when until when."""

    der: bytes
    period: tuple[datetime, datetime] | None = None


def answer(authority_id: UUID, request: bytes) -> Response:
    """Answer an OCSP request (DER, RFC 6960 §4.1.1) about certificates of this authority, as of now.

    A request that cannot be read, or asks about certificates of another, is refused in a response (§2.3). Raises
    NotFound if there is no such authority.
    """
    authority = find_authority(authority_id)
    try:
        question = read_question(request)
    except Invalid:
        return Response(refuse(Refusal.MALFORMED))
    certificate = bytes(authority.certificate)
    if not all(asked.names_issuer(certificate) for asked in question.certificates):
        return Response(refuse(Refusal.UNAUTHORIZED))
    answers = tuple(_answers(authority, question.certificates))
    row = _responder(authority)
    delegate = _delegate(authority.id, bytes(row.certificate), row.sealed_key)
    if question.nonce is None:
        return _shared(delegate, answers, int(now().timestamp()) // _KEPT_SECONDS)
    moment = now()
    return Response(sign_answers(delegate, answers, moment, moment + VALID, nonce=question.nonce))


def _answers(authority: Authority, asked: Iterable[CertificateId]) -> Iterable[Answer]:
    """What the register says of each, in one look."""
    serials = {f"{one.serial:x}" for one in asked}
    rows = authority.issued.filter(serial__in=serials).values_list("serial", "revoked_at", "reason")
    found = {int(serial, 16): _standing(int(serial, 16), at, reason) for serial, at, reason in rows}
    return (Answer(one, found.get(one.serial, Standing.UNKNOWN)) for one in asked)


def _standing(serial: int, revoked_at: datetime | None, reason: str) -> Standing | Revocation:
    return Revocation(serial, revoked_at, Reason(reason or "unspecified")) if revoked_at else Standing.GOOD


@lru_cache(maxsize=1024)
def _shared(delegate: Delegate, answers: tuple[Answer, ...], minute: int) -> Response:  # noqa: ARG001 - its lifetime
    """The same answers are signed once a minute; others, as after a revocation, are signed at once."""
    moment = now()
    return Response(sign_answers(delegate, answers, moment, moment + VALID), (moment, moment + VALID))


@lru_cache(maxsize=16)
def _delegate(authority_id: UUID, certificate: bytes, sealed_key: str) -> Delegate:
    """The delegate of a row that was just read, ready to sign: opening the seal costs as much as a signature."""
    return Delegate(certificate, load_key(keyring().open(sealed_key, _context(authority_id))))


def _responder(authority: Authority) -> Responder:
    row: Responder | None = getattr(authority, "responder", None)
    if row is not None and not _ends_soon(row):
        return row
    with _RENEWING:  # of many who ask at once, one makes it
        row = Responder.objects.select_related("authority").filter(authority=authority).first()
        return _renew(authority) if row is None or _ends_soon(row) else row


def _ends_soon(row: Responder) -> bool:
    """Whether a longer life is to be had; the last delegate ends with its authority."""
    return row.not_after - now() < RENEWED_BEFORE and row.not_after < _end(row.authority)


def _end(authority: Authority) -> datetime:
    return describe(bytes(authority.certificate)).not_after


def _renew(authority: Authority) -> Responder:
    """Have the authority certify a new key. Two processes may do it in one moment: both delegates are good."""
    key = generate_rsa(2048)  # RSA is what every client must be able to verify (RFC 6960 §4.3)
    with intended(authority, "responder", {"authority": str(authority.id)}):
        certificate = pki.issue_responder(
            name_of("OCSP Responder", authority.id),
            load_key(key).public_key_der,
            issuer_of(authority),
            serial=pki.random_serial(),
            not_before=now() - CLOCK_SKEW,
            not_after=min(now() + LIFE, _end(authority)),
        )
        values = {
            "certificate": certificate,
            "sealed_key": keyring().seal(key, _context(authority.id)),
            "not_after": describe(certificate).not_after,
        }
        with transaction.atomic():
            enter(authority.id, certificate)
            row, _ = Responder.objects.update_or_create(authority=authority, defaults=values)
            facts = {"authority": str(authority.id), "certificate": sha256(certificate).hexdigest()}
            record(about(authority), "responder.certified", actor=ACTOR, data=facts)
    return row


def _context(authority_id: UUID) -> Context:
    return Context(tenant="installation", table="responder", row=str(authority_id), field="key")
