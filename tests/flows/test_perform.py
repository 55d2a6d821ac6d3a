"""A signature is made once, by the right one, in its turn; and what fails leaves everything as it was."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound, SigilloError
from sigillo.base.ids import new_id
from sigillo.documents import store
from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.perform import perform_automatic
from sigillo.flows.sign import Attempt, reserve, take_signature
from sigillo.flows.upkeep import recover
from sigillo.identities.models import Identity
from sigillo.journal.models import Fact
from sigillo.organizations.models import User
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import ARUBA, PASSWORD, begin, fetch_all, give_identity, kinds, ready, signatures
from tests.support.world import House

ROBOT = NewSignature(signer="robot", page=1, position="rect: 50, 100, 200, 150", reason="For approval")


def _perform(house: House, signature: Signature, password: str = PASSWORD) -> None:
    perform_automatic(house.owner.principal, signature.id, password)


def test_the_last_signature_ends_the_transaction(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    _perform(acme, signatures(row)[0])
    row.refresh_from_db()
    first, second = Revision.objects.order_by("number")
    assert (row.status, signatures(row)[0].status) == ("performed", "performed")
    original, signed = (b"".join(store.stream(revision.digest)) for revision in (first, second))
    assert signed.startswith(original)
    assert len(signed) == second.size > first.size
    assert (second.number, second.signature_id) == (2, signatures(row)[0].id)
    assert Document.objects.get().head == 2
    assert kinds(row)[-3:] == ["signature.intent", "signature.performed", "transaction.performed"]
    told = Fact.objects.filter(event__chain__subject_id=row.id).order_by("sequence").values_list("data", flat=True)
    assert [fact["status"] for fact in told][-2:] == ["performed", "performed"]


def test_groups_sign_in_order(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (ROBOT, ROBOT), (ROBOT,))
    first, second, last = signatures(row)
    with pytest.raises(Conflict, match="turn"):
        _perform(acme, last)
    _perform(acme, second)
    last.refresh_from_db()
    assert last.status == "waiting"
    _perform(acme, first)
    last.refresh_from_db()
    assert last.status == "pending"
    _perform(acme, last)
    row.refresh_from_db()
    assert (row.status, Revision.objects.count()) == ("performed", 4)


def test_a_signature_is_made_once(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (ROBOT, ROBOT))
    signature = signatures(row)[0]
    _perform(acme, signature)
    before = kinds(row)
    with pytest.raises(Conflict, match="already"):
        _perform(acme, signature)
    assert (Revision.objects.count(), kinds(row)) == (2, before)


def test_a_wrong_password_changes_nothing_and_five_lock(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    before = kinds(row)
    for _ in range(5):
        with pytest.raises(Forbidden, match="not that of"):
            _perform(acme, signatures(row)[0], "wrong")
    with pytest.raises(Forbidden, match="locked"):
        _perform(acme, signatures(row)[0], PASSWORD)
    assert (kinds(row), Identity.objects.get().failed_attempts) == (before, 5)
    assert signatures(row)[0].status == "pending"


def test_a_verified_password_is_refused_once_the_identity_is_locked(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (ROBOT, ROBOT))
    first, second = signatures(row)
    _perform(acme, first)
    Identity.objects.update(failed_attempts=5)
    with pytest.raises(Forbidden, match="locked"):
        _perform(acme, second)


def test_outsiders_find_nothing(acme: House, bravo: House) -> None:
    give_identity(acme)
    give_identity(bravo)
    row = ready(acme)
    for actor in (bravo.owner, bravo.rao, bravo.user, bravo.automatic, acme.user):
        with pytest.raises(NotFound):
            perform_automatic(actor.principal, signatures(row)[0].id, PASSWORD)
    assert signatures(row)[0].status == "pending"


def test_a_rao_sees_it_but_it_is_not_hers_to_make(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    with pytest.raises(Forbidden, match="another user's"):
        perform_automatic(acme.rao.principal, signatures(row)[0].id, PASSWORD)


def test_the_automatic_user_signs_for_itself(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    perform_automatic(acme.automatic.principal, signatures(row)[0].id, PASSWORD)
    assert signatures(row)[0].status == "performed"


def test_a_person_does_not_sign_by_password(acme: House) -> None:
    row = ready(acme, (NewSignature(signer="ugo"),))
    with pytest.raises(Invalid, match="person"):
        _perform(acme, signatures(row)[0])


def test_without_an_identity_there_is_nothing_to_sign_with(acme: House) -> None:
    row = ready(acme)
    with pytest.raises(Invalid, match="no active identity"):
        _perform(acme, signatures(row)[0])


def test_the_newest_identity_that_meets_the_constraints_signs(acme: House) -> None:
    User.objects.filter(id=acme.automatic.user.id).update(first_name="Other")
    give_identity(acme)
    User.objects.filter(id=acme.automatic.user.id).update(first_name="Robot")
    wanted = give_identity(acme)
    give_identity(acme)
    Identity.objects.exclude(id=wanted).filter(created__gt=Identity.objects.get(id=wanted).created).update(
        status="error"
    )
    rule = {"certificate__subject_givenName__iexact": "ROBOT"}
    row = ready(acme, (NewSignature(signer="robot", constraints=rule),))
    _perform(acme, signatures(row)[0])
    assert signatures(row)[0].identity_id == wanted


def test_an_unmet_constraint_is_named(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (NewSignature(signer="robot", constraints={"certificate__subject_givenName": "Ann"}),))
    with pytest.raises(Invalid, match="certificate__subject_givenName=Ann"):
        _perform(acme, signatures(row)[0])
    assert signatures(row)[0].status == "pending"


def test_the_deadline_holds_before_the_worker_comes(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    Transaction.objects.filter(id=row.id).update(not_after=now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="deadline"):
        _perform(acme, signatures(row)[0])


@pytest.mark.parametrize("status", ["performed", "expired", "cancelled"])
def test_nothing_is_signed_after_the_end(acme: House, status: str) -> None:
    give_identity(acme)
    row = ready(acme)
    Transaction.objects.filter(id=row.id).update(status=status)
    with pytest.raises(Conflict, match=status):
        _perform(acme, signatures(row)[0])


def test_a_transaction_that_waits_is_not_signed(acme: House) -> None:
    give_identity(acme)
    key = begin(acme)
    with pytest.raises(Conflict, match="turn"):
        _perform(acme, signatures(Transaction.objects.get(id=key))[0])


def _attempt(acme: House, signature: Signature) -> Attempt:
    stored = Signature.objects.select_related("document", "transaction", "signer").get(id=signature.id)
    return Attempt(id=new_id(), signature=stored, identity=Identity.objects.get(), actor="user:test")


def test_a_crash_after_the_intent_leaves_it_to_be_closed_and_signed_again(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    signature = signatures(row)[0]
    attempt = _attempt(acme, signature)
    take_signature(attempt)
    assert reserve(attempt)
    with pytest.raises(Conflict, match="being made"):
        _perform(acme, signature)
    Signature.objects.update(attempt_until=now() - timedelta(seconds=1))
    assert recover() == 1
    assert kinds(row)[-2:] == ["signature.intent", "signature.abandoned"]
    _perform(acme, signature)
    assert signatures(row)[0].status == "performed"


def test_an_engine_that_refuses_leaves_the_signature_pending(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    Signature.objects.update(where_page=9)
    with pytest.raises(SigilloError, match="page"):
        _perform(acme, signatures(row)[0])
    signature = signatures(row)[0]
    assert (signature.status, signature.attempt, kinds(row)[-1]) == ("pending", None, "signature.abandoned")
    assert Revision.objects.count() == 1


def test_an_identity_locked_by_tries_is_free_after_associating_anew(acme: House) -> None:
    give_identity(acme)
    Identity.objects.update(failed_attempts=5)
    row = ready(acme)
    data = ARUBA | {"password": "another"}
    new = NewIdentity(provider_id="aruba-auto", label="again", provider_data=data)
    associate_identity(acme.owner.principal, "robot", new)
    _perform(acme, signatures(row)[0], "another")
    assert signatures(row)[0].status == "performed"


def _at_once(calls: int, work: list[Signature], house: House) -> list[Exception | None]:
    principal = house.owner.principal
    outcomes: list[Exception | None] = []

    def run(signature: Signature) -> None:
        try:
            perform_automatic(principal, signature.id, PASSWORD)
            outcomes.append(None)
        except SigilloError as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work[n % len(work)],)) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_performs_at_once_have_one_winner(acme: House) -> None:
    give_identity(acme)
    for _ in range(3):
        row = fetch_all(begin(acme))
        outcomes = _at_once(2, signatures(row), acme)
        assert sorted(outcome is None for outcome in outcomes) == [False, True]
        assert all(isinstance(outcome, Conflict) for outcome in outcomes if outcome)
        assert kinds(row).count("signature.performed") == 1
        assert Revision.objects.filter(document__transaction=row).count() == 2


@pytest.mark.django_db(transaction=True)
def test_five_signers_of_one_group_sign_at_once(acme: House) -> None:
    give_identity(acme)
    row = fetch_all(begin(acme, (NewSignature(signer="robot"),) * 5))
    assert _at_once(5, signatures(row), acme) == [None] * 5
    row.refresh_from_db()
    revisions = list(Revision.objects.order_by("number"))
    assert (row.status, [revision.number for revision in revisions]) == ("performed", [1, 2, 3, 4, 5, 6])
    contents = [b"".join(store.stream(revision.digest)) for revision in revisions]
    assert all(later.startswith(earlier) for earlier, later in pairwise(contents))
    assert kinds(row).count("signature.performed") == 5
