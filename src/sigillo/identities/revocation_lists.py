"""The authorities' revocation lists: signed when something was revoked or a day has passed, and otherwise only read."""

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from uuid import UUID

from django.db import IntegrityError, transaction

from sigillo.base.clock import now
from sigillo.identities.authority import find_authority, issuer_of
from sigillo.identities.key_use import ACTOR, about, intended
from sigillo.identities.models import Authority, RevocationList
from sigillo.journal.record import record
from sigillo.pki.crl import Reason, Revocation, build_crl

FRESH = timedelta(days=1)
"""How long a list is served when nothing is revoked."""
VALID = timedelta(days=7)
"""How long verifiers may use it: so much time there is to repair a server that is down."""
_SIGNING = Lock()


class _Overtaken(Exception):
    """Another process stored its list first; ours is thrown away."""


def revocation_list(authority_id: UUID) -> bytes:
    """The authority's revocation list, DER (RFC 5280 §5): everything is on it that was revoked before the call.

    Raises NotFound if there is no such authority.
    """
    found = _newest(find_authority(authority_id))
    if found is not None:
        return found
    with _SIGNING:  # of many who ask at once, one has it signed and the others read
        authority = find_authority(authority_id)
        while (found := _newest(authority)) is None:
            with suppress(_Overtaken):
                _sign(authority)
        return found


def _newest(authority: Authority) -> bytes | None:
    """The list that is kept, unless something was revoked since, a day has passed, or the clock was set back."""
    moment = now()
    kept = RevocationList.objects.filter(
        authority=authority,
        covers__gte=authority.revocations,
        this_update__gt=moment - FRESH,
        this_update__lte=moment,
    )
    der = kept.values_list("der", flat=True).first()
    return None if der is None else bytes(der)


def _sign(authority: Authority) -> None:
    moment = now()
    previous = RevocationList.objects.filter(authority=authority).values_list("number", flat=True).first()
    number = _number(previous, moment)
    facts = {"authority": str(authority.id), "number": number}
    with intended(authority, "revocation_list", facts):
        revocations = _revocations(authority)
        der = build_crl(
            issuer_of(authority), revocations, number=number, this_update=moment, next_update=moment + VALID
        )
        with transaction.atomic():
            _keep(authority, previous, number=number, covers=authority.revocations, this_update=moment, der=der)
            result = {**facts, "revoked": len(revocations), "digest": sha256(der).hexdigest()}
            record(about(authority), "revocation_list.signed", actor=ACTOR, data=result)


def _number(previous: int | None, moment: datetime) -> int:
    """Greater than every one before (RFC 5280 §5.2.3), also than those that earlier versions took from the clock."""
    return max((previous or 0) + 1, int(moment.timestamp()) * 1_000_000)


def _revocations(authority: Authority) -> list[Revocation]:
    revoked = authority.issued.filter(revoked_at__isnull=False).order_by("revoked_at", "id")
    rows = revoked.values_list("serial", "revoked_at", "reason")
    return [Revocation(int(serial, 16), at, Reason(reason or "unspecified")) for serial, at, reason in rows if at]


def _keep(authority: Authority, previous: int | None, **values: object) -> None:
    """Put a list in the place of the one that it was to follow. Raises _Overtaken if that has gone already."""
    if previous is not None:
        if not RevocationList.objects.filter(authority=authority, number=previous).update(**values):
            raise _Overtaken
        return
    try:
        with transaction.atomic():
            RevocationList.objects.create(authority=authority, **values)
    except IntegrityError:
        raise _Overtaken from None
