"""The time-stamping authority of a sandbox: a unit with a key of its own, certified by the issuing authority.

It states the time of this machine's clock over digests that anybody sends. An installation that is to be relied on has
its time from somebody else, so in production there is none.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.identities.authority import CLOCK_SKEW, enter, issuer_of, issuing, name_of, root
from sigillo.identities.key_use import ACTOR, about, intended
from sigillo.identities.models import Authority, TimestampUnit
from sigillo.installation import is_sandbox, keyring
from sigillo.journal.record import record
from sigillo.pki import authority as pki
from sigillo.pki.certificates import describe
from sigillo.pki.keys import generate_p256, load_key
from sigillo.pki.tsa import Unstampable, read_request
from sigillo.pki.tsa_answers import StampingUnit, refuse, stamp
from sigillo.secrets.sealing import Context

POLICY = "2.25.225461382665782186524636183348108167307"
"""What its tokens are worth: nothing beyond this installation. An identifier by UUID, which nobody has to grant."""
KEY_LIFE = timedelta(days=365)
_RENEWING = Lock()


def answer(request: bytes) -> bytes:
    """Answer a time-stamp request (DER, RFC 3161 §2.4.1) with the present moment; what is wrong with it is told, too.

    Raises NotFound in production, and before `sigillo init`.
    """
    if not is_sandbox():
        raise NotFound(
            "no_time_stamping", "This installation does not time-stamp; only those for trying things out do."
        )
    try:
        asked = read_request(request, POLICY)
    except Unstampable as error:
        return refuse(error)
    return stamp(_unit(), asked, policy=POLICY, serial=pki.random_serial(), at=now())


def trust_root() -> bytes:
    """The root certificate (DER) that vouches for the unit."""
    return bytes(root().certificate)


def _unit() -> StampingUnit:
    authority = issuing()
    row = _row(authority)
    return _loaded(authority.id, bytes(row.certificate), bytes(authority.certificate), row.sealed_key)


@lru_cache(maxsize=16)
def _loaded(authority_id: UUID, certificate: bytes, issuer: bytes, sealed_key: str) -> StampingUnit:
    """The unit of a row that was just read, ready to stamp: opening the seal costs as much as a signature."""
    return StampingUnit(certificate, (issuer,), load_key(keyring().open(sealed_key, _context(authority_id))))


def _row(authority: Authority) -> TimestampUnit:
    row = _current(authority)
    if row is not None:
        return row
    with _RENEWING:  # of many who ask at once, one makes it
        return _current(authority) or _renew(authority)


def _current(authority: Authority) -> TimestampUnit | None:
    """The unit, unless its key has had its time and a longer one is to be had."""
    row = TimestampUnit.objects.filter(authority=authority).first()
    return row if row is not None and (now() < row.key_until or row.key_until == _end(authority)) else None


def _end(authority: Authority) -> datetime:
    return describe(bytes(authority.certificate)).not_after


def _renew(authority: Authority) -> TimestampUnit:
    """Have the authority certify a new key. Two processes may do it in one moment: both units are good.

    P-256: a token goes into each signature, and its bytes are of the document for ever.
    """
    key, end = generate_p256(), _end(authority)
    until = min(now() + KEY_LIFE, end)
    place = f"{authority.public_url}/pki/{authority.id}"
    with intended(authority, "timestamp_unit", {"authority": str(authority.id)}):
        certificate = pki.issue_timestamping(
            name_of("Time-Stamping Unit", authority.id),
            load_key(key).public_key_der,
            issuer_of(authority),
            serial=pki.random_serial(),
            not_before=now() - CLOCK_SKEW,
            not_after=end,
            key_until=until,
            crl_url=f"{place}.crl",
            issuer_url=f"{place}.crt",
            ocsp_url=f"{place}/ocsp",
        )
        values = {
            "certificate": certificate,
            "sealed_key": keyring().seal(key, _context(authority.id)),
            "key_until": until,
        }
        with transaction.atomic():
            enter(authority.id, certificate)
            row, _ = TimestampUnit.objects.update_or_create(authority=authority, defaults=values)
            facts = {"authority": str(authority.id), "certificate": sha256(certificate).hexdigest()}
            record(about(authority), "timestamp_unit.certified", actor=ACTOR, data=facts)
    return row


def _context(authority_id: UUID) -> Context:
    return Context(tenant="installation", table="timestamp_unit", row=str(authority_id), field="key")
