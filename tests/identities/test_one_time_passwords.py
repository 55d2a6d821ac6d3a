"""One-time passwords: once for each aim, ten minutes, five tries, a hundred wrong ones, and never at rest."""

import random
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden, SigilloError
from sigillo.base.ids import new_id
from sigillo.identities import one_time_passwords
from sigillo.identities.models import Identity, OneTimePassword
from sigillo.identities.one_time_passwords import (
    Aim,
    Purpose,
    _use,
    check,
    for_enrollment,
    for_signature,
    issue,
    unlock,
)
from sigillo.journal.models import Chain, Event
from sigillo.secrets.keyring import MasterKey
from sigillo.secrets.sealing import Keyring
from tests.identities.codes import (
    ACTOR,
    ELSEWHERE,
    FIRST,
    SECOND,
    at_rest,
    counts,
    identity_of,
    issued,
    said,
    used,
    wrong,
)
from tests.support.world import House


def _refused(code: str, identity: Identity, given: str, aim: Aim = FIRST, purpose: Purpose = Purpose.SIGN) -> str:
    """Have a check refused with this code of error; its sentence."""
    with pytest.raises(Forbidden) as refusal:
        used(identity, given, aim, purpose)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")
    assert given not in refusal.value.message
    return refusal.value.message


def _waited(identity: Identity) -> int:
    """Have a code refused because it is too soon; the seconds that its sentence names."""
    with pytest.raises(Conflict) as refusal:
        issued(identity)
    return int(refusal.value.message.rpartition(" seconds")[0].rpartition(" ")[2])


def test_a_code_is_six_digits_and_rests_nowhere(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity, FIRST, SECOND)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    row = OneTimePassword.objects.get()
    assert (row.identity_id, row.purpose, row.tries, row.used_at) == (identity.id, "sign", 0, None)
    assert row.expires - row.created == timedelta(minutes=10)
    assert len(bytes(row.code_hash)) == 32
    event = Event.objects.get()
    assert (event.kind, event.actor, event.data["aims"]) == ("one_time_password.issued", ACTOR, 2)
    assert Chain.objects.get().subject_id == acme.organization.id
    row.refresh_from_db()
    used(identity, code)
    assert said() == ["one_time_password.issued", "one_time_password.used"]
    assert code not in at_rest()


def test_codes_differ_and_begin_with_any_digit(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time_passwords, "MAX_CODES", 100)
    monkeypatch.setattr(one_time_passwords, "PAUSE", timedelta(0))
    identity = identity_of(acme)
    codes = {issued(identity) for _ in range(60)}
    assert len(codes) > 55
    assert len({code[0] for code in codes}) > 5
    assert {len(code) for code in codes} == {6}


def test_a_right_code_reaches_its_aim_once(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity)
    row = used(identity, code)
    assert row.used_at
    assert OneTimePassword.objects.get().used_at == row.used_at
    assert Event.objects.get(kind="one_time_password.used").data["aim"] == list(FIRST)
    assert "ask for a new one" in _refused("code_used", identity, code)
    assert counts(identity) == (0, 0)


def test_a_code_for_several_signatures_makes_each_of_them_once(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity, FIRST, SECOND)
    assert used(identity, code, SECOND).used_at is None
    _refused("code_used", identity, code, SECOND)
    assert used(identity, code, FIRST).used_at
    for aim in (FIRST, SECOND):
        _refused("code_used", identity, code, aim)
    assert said("one_time_password.used") == ["one_time_password.used"] * 2


def test_a_code_is_refused_for_what_it_was_not_made_for(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity)
    changed = for_signature(new_id(), FIRST[1]), (FIRST[0], "d" * 64), for_enrollment(new_id()), ()
    for aim in (ELSEWHERE, *changed):
        assert "changed since" in _refused("code_not_for_this", identity, code, aim)
        _refused("code_not_for_this", identity, wrong(code), aim)
    assert counts(identity) == (0, 0), "so that nobody learns from it whether the code is right"
    _refused("no_code", identity, code, purpose=Purpose.ACTIVATE)
    assert used(identity, code)


def test_a_code_is_refused_for_another_identity(acme: House, bravo: House) -> None:
    mine, same, theirs = identity_of(acme), identity_of(acme), identity_of(bravo)
    code = issued(mine)
    for other in (same, theirs):
        _refused("no_code", other, code)
        if issued(other) != code:
            _refused("wrong_code", other, code)
    assert counts(mine) == (0, 0)
    assert used(mine, code)


def test_an_enrollment_is_activated_once(acme: House) -> None:
    identity, aim = identity_of(acme), for_enrollment(new_id())
    code = issued(identity, aim, purpose=Purpose.ACTIVATE)
    assert used(identity, code, aim, Purpose.ACTIVATE).purpose == "activate"
    _refused("code_used", identity, code, aim, Purpose.ACTIVATE)


def test_five_wrong_tries_are_counted_and_told(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity)
    for text, left in (
        (wrong(code), "4 tries are left"),
        (f"{code}0", "3 tries are left"),
        (f" {code} ", "2 tries are left"),
        (code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")), "one try is left"),
        ("\ud800\0", "the last try"),
    ):
        assert left in _refused("wrong_code", identity, text)
    assert counts(identity) == (5, 5)
    assert "void after 5 tries" in _refused("code_worn_out", identity, code)
    assert counts(identity) == (5, 5)
    events = Event.objects.filter(kind="one_time_password.refused").order_by("sequence")
    assert [(event.data["tries"], event.data["failed_codes"]) for event in events] == [(n, n) for n in range(1, 6)]


def test_wrong_tries_do_not_spoil_a_right_one(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity, FIRST, SECOND)
    for _ in range(4):
        _refused("wrong_code", identity, wrong(code))
    assert used(identity, code, FIRST)
    assert used(identity, code, SECOND).used_at
    assert counts(identity) == (4, 4), "a right one forgets nothing"


def test_a_code_lives_ten_minutes(acme: House) -> None:
    identity = identity_of(acme)
    begin = now()
    with time_machine.travel(begin, tick=False) as clock:
        code = issued(identity, FIRST, SECOND)
        clock.move_to(begin + timedelta(minutes=10) - timedelta(microseconds=1))
        assert used(identity, code, FIRST)
        clock.move_to(begin + timedelta(minutes=10))
        assert "expired" in _refused("code_expired", identity, code, SECOND)
    assert counts(identity) == (0, 0)


def test_a_new_code_ends_the_one_before(acme: House) -> None:
    identity = identity_of(acme)
    with time_machine.travel(now(), tick=False) as clock:
        old = issued(identity)
        clock.shift(30)
        new = issued(identity, SECOND)
        if old != new:
            _refused("wrong_code", identity, old, SECOND)
        _refused("code_not_for_this", identity, old, FIRST)
        first, second = OneTimePassword.objects.order_by("created")
        assert first.expires == second.created
        assert used(identity, new, SECOND)


def test_codes_are_not_sent_faster_than_every_thirty_seconds(acme: House, bravo: House) -> None:
    identity, theirs = identity_of(acme), identity_of(bravo)
    with time_machine.travel(now(), tick=False) as clock:
        code = issued(identity)
        assert _waited(identity) == 30
        assert issued(theirs)
        assert issued(identity, for_enrollment(new_id()), purpose=Purpose.ACTIVATE)
        clock.shift(12.5)
        assert _waited(identity) == 18
        used(identity, code)
        assert issued(identity, SECOND), "the one before is used up: nobody waits for it"
        clock.shift(29.999)
        assert _waited(identity) == 1
        clock.shift(0.001)
        assert issued(identity)
    assert OneTimePassword.objects.filter(identity=identity).count() == 4
    assert len(said("one_time_password.issued")) == 5


def test_ten_codes_an_hour_are_enough(acme: House, bravo: House) -> None:
    identity, theirs = identity_of(acme), identity_of(bravo)
    with time_machine.travel(now(), tick=False) as clock:
        for _ in range(10):
            issued(identity)
            clock.shift(60)
        assert _waited(identity) == 3600 - 600
        with pytest.raises(Conflict, match="10 one-time passwords") as refusal, transaction.atomic():
            issue(identity, Purpose.ACTIVATE, (FIRST,), actor=ACTOR)
        assert refusal.value.code == "too_many_codes"
        assert issued(theirs)
        clock.shift(3000)
        assert issued(identity)
        assert _waited(identity) == 30


def test_a_hundred_wrong_tries_lock_until_a_rao_acts(acme: House, bravo: House) -> None:
    identity, theirs = identity_of(acme), identity_of(bravo)
    their_code, code = issued(theirs), issued(identity)
    Identity.objects.update(failed_codes=98, failed_attempts=5)
    _refused("wrong_code", identity, wrong(code))
    assert "ask a RAO" in _refused("identity_locked", identity, wrong(code))
    assert said("identity.locked") == ["identity.locked"]
    before = at_rest()
    _refused("identity_locked", identity, code)
    with pytest.raises(Forbidden, match="locked"):
        issued(identity)
    assert at_rest() == before
    assert used(theirs, their_code)
    with transaction.atomic():
        unlock(identity, actor="user:rao")
    identity.refresh_from_db()
    assert (identity.failed_codes, identity.failed_attempts) == (0, 0)
    event = Event.objects.get(kind="identity.unlocked")
    assert (event.actor, event.data) == (
        "user:rao",
        {"identity": str(identity.id), "failed_codes": 100, "failed_attempts": 5},
    )
    assert used(identity, code)
    theirs.refresh_from_db()
    assert theirs.failed_codes == 98


def test_a_row_that_was_changed_in_the_database_opens_nothing_else(acme: House) -> None:
    identity = identity_of(acme)
    code = issued(identity)
    OneTimePassword.objects.update(bound_to=[{"aim": list(ELSEWHERE), "used_at": None}])
    _refused("wrong_code", identity, code, ELSEWHERE)
    OneTimePassword.objects.update(bound_to=[{"aim": list(FIRST), "used_at": None}], purpose="activate")
    _refused("wrong_code", identity, code, purpose=Purpose.ACTIVATE)
    OneTimePassword.objects.update(purpose="sign")
    Identity.objects.update(user=acme.rao.user)
    _refused("wrong_code", identity, code)
    Identity.objects.update(user=acme.user.user)
    assert used(identity, code)


def test_a_code_outlives_a_new_master_key(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = identity_of(acme)
    code = issued(identity)
    rotated = Keyring.parse(Path(settings.SIGILLO_HOME / "master.key").read_text() + MasterKey.generate().line())
    monkeypatch.setattr(one_time_passwords, "keyring", lambda: rotated)
    _refused("wrong_code", identity, wrong(code))
    assert used(identity, code)


def test_who_read_the_row_before_another_used_it_does_not_use_it_again(acme: House) -> None:
    identity = identity_of(acme)
    issued(identity, FIRST, SECOND)
    first, late = OneTimePassword.objects.get(), OneTimePassword.objects.get()
    assert _use(first, FIRST, now())
    assert not _use(late, FIRST, now())
    assert not _use(late, SECOND, now())
    assert _use(first, SECOND, now())


def _at_once(identity: Identity, given: list[tuple[str, Aim]]) -> list[str]:
    outcomes: list[str] = []

    def run(code: str, aim: Aim) -> None:
        try:
            used(identity, code, aim)
            outcomes.append("")
        except SigilloError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_what_is_checked_is_for_good_and_of_many_at_once_each_aim_has_one_winner(acme: House) -> None:
    identity, other = identity_of(acme), identity_of(acme)
    code = issued(identity, FIRST, SECOND)
    before = at_rest()
    with pytest.raises(RuntimeError), transaction.atomic():  # whose end could roll a counted try back
        check(identity, Purpose.SIGN, FIRST, wrong(code), actor=ACTOR)
    assert at_rest() == before
    assert _at_once(identity, [(code, FIRST), (code, SECOND)] * 3) == ["", "", *["code_used"] * 4]
    assert said("one_time_password.used") == ["one_time_password.used"] * 2
    code = issued(other)
    assert _at_once(other, [(wrong(code), FIRST)] * 7) == ["code_worn_out"] * 2 + ["wrong_code"] * 5
    assert counts(other) == (5, 5)


def test_a_code_is_not_issued_outside_of_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction of its message"):
        issue(Identity(), Purpose.SIGN, (FIRST,), actor=ACTOR)


@dataclass
class _Rules:
    """What the rules say, in the plainest form: the newest code of one identity and purpose."""

    moment: datetime
    issued_at: list[datetime] = field(default_factory=list)
    left: set[Aim] = field(default_factory=set)
    tries: int = 0
    wrong: int = 0

    def issue(self) -> str:
        if self.wrong >= one_time_passwords.MAX_WRONG:
            return "identity_locked"
        if self.issued_at and self.left and self.moment - self.issued_at[-1] < timedelta(seconds=30):
            return "code_just_sent"
        if sum(self.moment - at < timedelta(hours=1) for at in self.issued_at) >= 10:
            return "too_many_codes"
        self.issued_at.append(self.moment)
        self.left, self.tries = {FIRST, SECOND}, 0
        return ""

    def check(self, aim: Aim, *, right: bool) -> str:
        barred = {
            "identity_locked": self.wrong >= one_time_passwords.MAX_WRONG,
            "code_not_for_this": aim == ELSEWHERE,
            "code_used": aim not in self.left,
            "code_expired": self.moment - self.issued_at[-1] >= timedelta(minutes=10),
            "code_worn_out": self.tries >= 5,
        }
        refused = next((code for code, holds in barred.items() if holds), "")
        if not refused and right:
            self.left.discard(aim)
        elif not refused:
            self.tries, self.wrong = self.tries + 1, self.wrong + 1
            refused = "identity_locked" if self.wrong >= one_time_passwords.MAX_WRONG else "wrong_code"
        return refused


def test_whatever_comes_in_whatever_order_the_rules_hold(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time_passwords, "MAX_WRONG", 30)
    chance, identity, codes = random.Random(735914), identity_of(acme), [""]
    rules, seen = _Rules(now()), set()
    with time_machine.travel(rules.moment, tick=False) as clock:
        for _ in range(250):
            act = "issue" if not rules.issued_at else chance.choice(("issue", "right", "wrong", "wrong", "wait"))
            if act == "wait":
                clock.shift(chance.choice((1, 29, 30, 30, 90, 600)))
                rules.moment = now()
                continue
            aim = chance.choice((FIRST, SECOND, SECOND, ELSEWHERE))
            expected = rules.issue() if act == "issue" else rules.check(aim, right=act == "right")
            assert _tried(act, identity, codes, aim) == expected
            seen.add(expected)
        assert counts(identity)[1] == rules.wrong
    assert len(seen) == 9, "every rule was met on the way"


def _tried(act: str, identity: Identity, codes: list[str], aim: Aim) -> str:
    try:
        if act == "issue":
            codes.append(issued(identity, FIRST, SECOND))
        else:
            used(identity, codes[-1] if act == "right" else wrong(codes[-1]), aim)
    except SigilloError as error:
        return error.code
    return ""
