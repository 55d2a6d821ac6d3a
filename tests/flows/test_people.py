"""Who may be named, who may be given something, and what the journal keeps of passwords and certificates."""

import logging
from datetime import timedelta

import pytest

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid
from sigillo.flows import upkeep
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.create_user import NewUser, create_user
from sigillo.flows.perform import perform_automatic
from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from sigillo.organizations.models import User
from sigillo.transactions.models import Transaction
from sigillo.transactions.moves import lock_transaction
from tests.flows.stories import PASSWORD, give_identity, kinds, ready, signatures
from tests.support.world import House


def _house_events(house: House) -> list[str]:
    events = Event.objects.filter(chain__subject_id=house.organization.id).order_by("sequence")
    return list(events.values_list("kind", flat=True))


@pytest.mark.parametrize("name", ["\u202eevil", "a\x01b", "x\r\ny: z", "a\u2066b"])
def test_names_that_no_certificate_could_carry_are_refused(acme: House, name: str) -> None:
    for new in (NewUser(handle="n", first_name=name), NewUser(handle="n", last_name=name)):
        with pytest.raises(Invalid) as refused:
            create_user(acme.owner.principal, new)
        assert refused.value.code == "invalid_name"
    assert not User.objects.filter(handle="n").exists()


def test_joiners_inside_a_word_are_letters_of_it(acme: House) -> None:
    assert create_user(acme.owner.principal, NewUser(handle="n", first_name="می\u200cخواهم")).first_name


@pytest.mark.parametrize("handle", [".", "..", " ", "mal ", " mal", "a,b", "a/b", "@a", "", "x" * 151, "a\nb"])
def test_ids_that_cannot_stand_in_an_address_are_refused(acme: House, handle: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_user(acme.owner.principal, NewUser(handle=handle))
    assert refused.value.code == "invalid_user_id"


def test_an_author_is_the_system_or_of_this_house(acme: House) -> None:
    for author in ("whoever I like", "jdo@bravo", "@acme"):
        with pytest.raises(Invalid) as refused:
            create_user(acme.owner.principal, NewUser(handle="n", created_by=author))
        assert refused.value.code == "invalid_created_by"
    for number, author in enumerate(("system", "jdo@acme")):
        new = NewUser(handle=f"n{number}", created_by=author)
        assert create_user(acme.owner.principal, new).created_by == author


def test_the_disabled_get_nothing_and_sign_nothing(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    User.objects.filter(id=acme.automatic.user.id).update(status=User.Status.DISABLED)
    before = (kinds(row), _house_events(acme))
    with pytest.raises(Invalid) as refused:
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert refused.value.code == "signer_disabled"
    with pytest.raises(Invalid, match="disabled"):
        create_token(acme.owner.principal, NewToken(user="robot"))
    with pytest.raises(Invalid, match="disabled"):
        give_identity(acme)
    assert (kinds(row), _house_events(acme)) == before
    assert signatures(row)[0].status == "pending"


def test_wrong_passwords_and_the_lock_are_in_the_journal(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    for _ in range(5):
        with pytest.raises(Forbidden):
            perform_automatic(acme.owner.principal, signatures(row)[0].id, "wrong")
    assert _house_events(acme)[-5:] == ["identity.password_refused"] * 4 + ["identity.locked"]


def test_a_certificate_has_an_intent_before_it_and_a_result(acme: House) -> None:
    give_identity(acme)
    assert _house_events(acme)[-2:] == ["identity.intent", "identity.associated"]
    User.objects.filter(id=acme.automatic.user.id).update(first_name="a\x01b")  # as an older version let in
    with pytest.raises(Invalid):
        give_identity(acme)
    assert _house_events(acme)[-2:] == ["identity.intent", "identity.abandoned"]
    assert Identity.objects.count() == 1


def test_one_row_with_a_fault_does_not_keep_the_others(
    acme: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = ready(acme), ready(acme)
    Transaction.objects.update(not_after=now() - timedelta(seconds=1))

    def faulty(key: object) -> Transaction:
        if key == bad.id:
            raise OSError("a row that cannot be read")
        return lock_transaction(key)  # type: ignore[arg-type]

    monkeypatch.setattr(upkeep, "lock_transaction", faulty)
    with caplog.at_level(logging.ERROR):
        assert upkeep.expire() == 1
    assert [Transaction.objects.get(id=row.id).status for row in (bad, good)] == ["pending", "expired"]
    assert str(bad.id) in caplog.text
