"""One-time passwords: whoever knows the code had in hand, just now, what it was sent to.

A code has six digits. It is made for one purpose and a list of aims, it replaces the one before it, and it dies after
ten minutes or five wrong tries. Each of its aims can be reached with it once: a list of signatures needs one code, and
none of them can be made twice with it. A hundred wrong tries, over however many codes, lock the identity until a RAO
unlocks it; right ones do not forget them, or an attacker could guess on for as long as the holder goes on signing.

The row of the identity is locked first, by all that is here, so that codes and tries of one identity stand in a line.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.installation import keyring
from sigillo.journal.record import Subject, record

DIGITS = 6
LIFE = timedelta(minutes=10)
MAX_TRIES = 5
MAX_WRONG = 100
PAUSE = timedelta(seconds=30)
MAX_CODES, PER = 10, timedelta(hours=1)
_LOOKUP = "identities.one_time_password"

Purpose = OneTimePassword.Purpose
Aim = tuple[str, ...]
"""What a code may be used for, once; made by `for_signature` and `for_enrollment`."""


def for_signature(signature_id: UUID, digest: str) -> Aim:
    """To make one signature over the revision of its document that has this digest, in hexadecimal."""
    return (str(signature_id), digest)


def for_enrollment(enrollment_id: UUID) -> Aim:
    """To activate the identity of one enrollment."""
    return (str(enrollment_id),)


def issue(identity: Identity, purpose: Purpose, bound_to: Sequence[Aim], *, actor: str) -> str:
    """A new code for all of these aims, in the caller's transaction, beside the message that brings it.

    It is good for LIFE, which is when the message should expire; the code is nowhere but in what this returns.

    Raises:
        Forbidden: the identity is locked.
        Conflict: the code before was issued less than 30 seconds ago and not used up, or this would be the eleventh
            within an hour.
        RuntimeError: there is no surrounding transaction, so that code and message could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A code is issued in the transaction of its message; open one around both.")
    holder, moment = _hold(identity), now()
    if holder.failed_codes >= MAX_WRONG:
        raise _locked()
    _check_pace(holder, purpose, moment)
    holder.one_time_passwords.filter(purpose=purpose, expires__gt=moment).update(expires=moment)
    row = OneTimePassword(
        identity=holder,
        purpose=purpose,
        bound_to=[{"aim": list(aim), "used_at": None} for aim in dict.fromkeys(bound_to)],
        created=moment,
        expires=moment + LIFE,
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row.code_hash = keyring().lookup(_LOOKUP, _bound(row, code))
    row.save(force_insert=True)
    _say(row, "issued", actor, aims=len(row.bound_to))
    return code


def check(identity: Identity, purpose: Purpose, aim: Aim, code: str, *, actor: str) -> OneTimePassword:
    """Use the code for this aim; the row that it was.

    Call it outside of any transaction: what was used stays used and what was wrong stays counted, whatever follows.
    Only a code that could be right is a try: what is expired, used or made for something else is refused unseen.

    Raises:
        Forbidden: `wrong_code`, `code_expired`, `code_used`, `code_worn_out`, `code_not_for_this`, `no_code`, or
            `identity_locked`; the sentence says what to do.
        RuntimeError: there is a surrounding transaction.
    """
    with transaction.atomic(durable=True):
        outcome = _judge(identity, purpose, aim, code, actor)
    if isinstance(outcome, Forbidden):
        raise outcome
    return outcome


def give_back(row: OneTimePassword, aim: Aim, *, actor: str) -> None:
    """Let an aim be reached with its code once more, where `check` used it and nothing came of it.

    For what was nobody's fault who knows the code, such as an authority that gave no time-stamp: the same code will do
    for the next try, as long as it lives. Call it outside of any transaction.
    """
    with transaction.atomic(durable=True):
        _hold(row.identity)
        kept = OneTimePassword.objects.get(id=row.id)
        unused = {"aim": list(aim), "used_at": None}
        kept.bound_to = [unused if each["aim"] == unused["aim"] else each for each in kept.bound_to]
        kept.used_at = None
        kept.save(update_fields=("bound_to", "used_at"))
        _say(kept, "given_back", actor, aim=list(aim))


def unlock(identity: Identity, *, actor: str) -> None:
    """Forget an identity's wrong passwords and wrong codes, in the caller's transaction: for a RAO to do."""
    holder = _hold(identity)
    Identity.objects.filter(id=holder.id).update(failed_attempts=0, failed_codes=0)
    facts = {"failed_attempts": holder.failed_attempts, "failed_codes": holder.failed_codes}
    record(_subject(holder), "identity.unlocked", actor=actor, data={"identity": str(holder.id), **facts})


def _judge(identity: Identity, purpose: Purpose, aim: Aim, code: str, actor: str) -> OneTimePassword | Forbidden:
    """The row, once it is used; or the refusal, for which nothing that was counted is rolled back."""
    holder, moment = _hold(identity), now()
    if holder.failed_codes >= MAX_WRONG:
        return _locked()
    row = _newest_first(holder).filter(purpose=purpose).first()
    if row is None:
        return Forbidden("no_code", "No one-time password was sent for this; ask for one.")
    refusal = _unfit(row, aim, moment)
    if refusal:
        return refusal
    if not _is_right(row, code):
        return _count_wrong(row, actor)
    if not _use(row, aim, moment):
        return _used()
    _say(row, "used", actor, aim=list(aim))
    return row


def _unfit(row: OneTimePassword, aim: Aim, moment: datetime) -> Forbidden | None:
    """Why no code, not even the right one, could be used for this aim."""
    of_aim = [each for each in row.bound_to if each["aim"] == list(aim)]
    if not of_aim:
        return Forbidden(
            "code_not_for_this",
            "The one-time password was sent for something else, or the document has changed since; ask for a new one.",
        )
    if of_aim[0]["used_at"]:
        return _used()
    if row.expires <= moment:
        return Forbidden("code_expired", "The one-time password has expired; ask for a new one.")
    if row.tries >= MAX_TRIES:
        return Forbidden("code_worn_out", f"The one-time password is void after {MAX_TRIES} tries; ask for a new one.")
    return None


def _use(row: OneTimePassword, aim: Aim, moment: datetime) -> bool:
    """Mark one aim as reached, by compare-and-swap; False where somebody else used the code since it was read."""
    used = {"aim": list(aim), "used_at": moment.isoformat()}
    marked = [used if each["aim"] == used["aim"] else each for each in row.bound_to]
    done = moment if all(each["used_at"] for each in marked) else None
    unchanged = OneTimePassword.objects.filter(id=row.id, used_at=None, bound_to=row.bound_to)
    if not unchanged.update(bound_to=marked, used_at=done):
        return False
    row.bound_to, row.used_at = marked, done
    return True


def _count_wrong(row: OneTimePassword, actor: str) -> Forbidden:
    OneTimePassword.objects.filter(id=row.id).update(tries=F("tries") + 1)
    Identity.objects.filter(id=row.identity_id).update(failed_codes=F("failed_codes") + 1)
    left, wrong = MAX_TRIES - row.tries - 1, row.identity.failed_codes + 1
    _say(row, "refused", actor, tries=row.tries + 1, failed_codes=wrong)
    if wrong >= MAX_WRONG:
        facts = {"identity": str(row.identity_id), "failed_codes": wrong}
        record(_subject(row.identity), "identity.locked", actor=actor, data=facts)
        return _locked()
    if not left:
        return Forbidden("wrong_code", "The one-time password is wrong, and this was the last try; ask for a new one.")
    tries = "one try is" if left == 1 else f"{left} tries are"
    return Forbidden("wrong_code", f"The one-time password is wrong; {tries} left. Use the one that was sent last.")


def _check_pace(holder: Identity, purpose: Purpose, moment: datetime) -> None:
    """Messages cost money, and a telephone that rings all day is an attack."""
    recent = list(_newest_first(holder).filter(created__gt=moment - PER)[:MAX_CODES])
    before = next((row for row in recent if row.purpose == purpose), None)
    if before is not None and before.used_at is None and moment - before.created < PAUSE:
        wait = _seconds(before.created + PAUSE - moment)
        raise Conflict("code_just_sent", f"A one-time password was sent just now; ask again in {wait} seconds.")
    if len(recent) >= MAX_CODES:
        wait = _seconds(recent[-1].created + PER - moment)
        raise Conflict(
            "too_many_codes", f"{MAX_CODES} one-time passwords were sent within an hour; ask again in {wait} seconds."
        )


def _seconds(wait: timedelta) -> int:
    """Whole seconds after which it is surely over."""
    return -int(-wait.total_seconds() // 1)


def _hold(identity: Identity) -> Identity:
    return Identity.objects.select_for_update().get(id=identity.id)


def _newest_first(holder: Identity) -> QuerySet[OneTimePassword]:
    return holder.one_time_passwords.order_by("-created", "-expires")


def _is_right(row: OneTimePassword, code: str) -> bool:
    hashes = keyring().lookups(_LOOKUP, _bound(row, code))
    return any(hmac.compare_digest(each, bytes(row.code_hash)) for each in hashes)


def _bound(row: OneTimePassword, code: str) -> str:
    """Code and row in one text, so that a hash is worth nothing in another row, for other aims or another person."""
    aims = [each["aim"] for each in row.bound_to]
    identity = row.identity
    return json.dumps([str(row.id), str(identity.user_id), str(identity.id), str(row.purpose), aims, code])


def _say(row: OneTimePassword, what: str, actor: str, **facts: object) -> None:
    names = {"identity": str(row.identity_id), "one_time_password": str(row.id), "purpose": str(row.purpose)}
    record(_subject(row.identity), f"one_time_password.{what}", actor=actor, data={**names, **facts})


def _subject(identity: Identity) -> Subject:
    return Subject("organization", identity.organization_id, identity.organization_id)


def _used() -> Forbidden:
    return Forbidden("code_used", "The one-time password has been used for this already; ask for a new one.")


def _locked() -> Forbidden:
    return Forbidden(
        "identity_locked",
        f"The identity is locked after {MAX_WRONG} wrong one-time passwords; ask a RAO to unlock it.",
    )
