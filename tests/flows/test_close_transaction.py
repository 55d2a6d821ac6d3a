"""Transactions that people end: cancelled, declined, deleted; and whoever comes second changes nothing any more."""

import threading
from collections.abc import Callable
from itertools import product
from uuid import uuid4

import pytest
from django.db import connection

from sigillo.base.errors import Conflict, Forbidden, NotFound, SigilloError
from sigillo.flows.close_transaction import cancel_transaction, decline, delete_transaction
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.download_document import download_document
from sigillo.flows.perform import perform_automatic
from sigillo.flows.read_transactions import read_transaction
from sigillo.flows.upkeep import expire
from sigillo.journal.models import Event, Fact
from sigillo.organizations.tally import Counted, total
from sigillo.transactions.models import Document, Revision, Transaction
from tests.flows.stories import PASSWORD, begin, fetch_all, give_identity, kinds, ready, signatures
from tests.support.world import House

PERSON = NewSignature(signer="ugo")
ROBOT = NewSignature(signer="robot")


def _states(row: Transaction) -> tuple[str, list[str]]:
    row.refresh_from_db()
    return row.status, [signature.status for signature in signatures(row)]


def test_cancelling_says_why_and_expires_what_was_not_signed(acme: House, bravo: House) -> None:
    give_identity(acme)
    row = ready(acme, (ROBOT,), (PERSON,))
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    with pytest.raises(NotFound):
        cancel_transaction(bravo.owner.principal, row.id, "theirs")
    cancel_transaction(acme.owner.principal, row.id, "The client changed its mind")
    assert _states(row) == ("cancelled", ["performed", "expired"])
    assert (row.reason, row.reason_detail) == ("MOTIVAZIONE_ESPLICITA", "The client changed its mind")
    assert kinds(row)[-2:] == ["transaction.cancelled", "signature.expired"]
    fact = Fact.objects.filter(message="DST_STATUS_CHANGED").latest("sequence")
    assert fact.data == {"status": "cancelled", "dst": str(row.id), "reason": "MOTIVAZIONE_ESPLICITA"}
    assert "mind" not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_waiting_transaction_can_be_cancelled_and_takes_no_document_in_afterwards(acme: House) -> None:
    key = begin(acme)
    cancel_transaction(acme.owner.principal, key, "")
    row = fetch_all(key)
    assert _states(row) == ("cancelled", ["expired"])
    assert not Revision.objects.filter(document__transaction=row).exists()


@pytest.mark.parametrize("end", [cancel_transaction, lambda who, key, _why: delete_transaction(who, key)])
def test_only_its_author_and_owners_end_it(end: Callable[..., object], acme: House) -> None:
    row = ready(acme, (PERSON,))
    for actor in (acme.rao, acme.user):
        with pytest.raises(Forbidden):
            end(actor.principal, row.id, "no")
    with pytest.raises(NotFound):
        end(acme.automatic.principal, row.id, "no")
    assert _states(row) == ("pending", ["pending"])
    Transaction.objects.filter(id=row.id).update(created_by=acme.rao.user)
    end(acme.rao.principal, row.id, "mine")


def test_declining_cancels_and_tells_who_declined(acme: House) -> None:
    row = ready(acme, (PERSON, ROBOT), (ROBOT,))
    first, second, third = signatures(row)
    with pytest.raises(Forbidden):  # a person's signature is his own to decline
        decline(acme.owner.principal, first.id, "not mine")
    with pytest.raises(Conflict):  # its group is not open
        decline(acme.automatic.principal, third.id, "early")
    decline(acme.user.principal, first.id, "I do not agree")
    assert _states(row) == ("cancelled", ["error", "expired", "expired"])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.declined, first.decline_reason) == (True, "I do not agree")
    assert (second.declined, second.decline_reason) == (False, "")
    assert (row.reason, row.reason_detail) == ("declined", "I do not agree")
    assert kinds(row)[-4:] == ["transaction.cancelled", "signature.error", "signature.expired", "signature.expired"]


def test_what_cannot_be_declined_is_not(acme: House) -> None:
    row = ready(acme, (NewSignature(signer="ugo", declinable=False),))
    before = kinds(row)
    with pytest.raises(Conflict, match="cannot be declined"):
        decline(acme.user.principal, signatures(row)[0].id, "no")
    assert (_states(row), kinds(row)) == (("pending", ["pending"]), before)


def test_a_deleted_transaction_is_nowhere_and_stays_as_evidence(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (ROBOT,), (ROBOT,))
    one, two = signatures(row)
    perform_automatic(acme.owner.principal, one.id, PASSWORD)
    delete_transaction(acme.owner.principal, row.id)
    who = acme.owner.principal
    attempts: tuple[Callable[[], object], ...] = (
        lambda: read_transaction(who, row.id),
        lambda: download_document(who, one.document_id),
        lambda: perform_automatic(who, two.id, PASSWORD),
        lambda: decline(who, two.id, ""),
        lambda: cancel_transaction(who, row.id, ""),
        lambda: delete_transaction(who, row.id),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    Transaction.objects.filter(id=row.id).update(not_after="2020-01-01T00:00:00Z")
    assert expire() == 0
    assert total(acme.organization.id, Counted.TRANSACTIONS) == 0
    assert Revision.objects.filter(document__transaction=row).count() == 2
    assert kinds(row)[-1] == "transaction.deleted"


def test_a_deleted_transaction_takes_no_document_in(acme: House) -> None:
    key = begin(acme)
    delete_transaction(acme.owner.principal, key)
    row = fetch_all(key)
    assert _states(row) == ("waiting", ["waiting"])
    assert (Document.objects.get().ready, kinds(row)) == (False, ["transaction.waiting", "transaction.deleted"])


ENDINGS: dict[str, Callable[[House, Transaction], object]] = {
    "cancel": lambda house, row: cancel_transaction(house.owner.principal, row.id, "stop"),
    "decline": lambda house, row: decline(house.owner.principal, signatures(row)[0].id, "no"),
    "delete": lambda house, row: delete_transaction(house.owner.principal, row.id),
    "perform": lambda house, row: perform_automatic(house.owner.principal, signatures(row)[0].id, PASSWORD),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("one", "other"), [(a, b) for a, b in product(ENDINGS, repeat=2) if a < b], ids=str)
def test_two_endings_at_once_have_one_winner(one: str, other: str, acme: House) -> None:
    """Whichever it is, nothing of a signature is journaled after the end."""
    give_identity(acme)
    for _ in range(2):
        row = fetch_all(begin(acme))
        refused = _at_once(lambda row=row: ENDINGS[one](acme, row), lambda row=row: ENDINGS[other](acme, row))  # type: ignore[misc]
        assert all(isinstance(error, Conflict | NotFound) for error in refused)
        if "delete" not in (one, other):
            assert len(refused) == 1
        events = kinds(row)
        ends = [kind for kind in events if kind in ("transaction.cancelled", "transaction.performed")]
        assert len(ends) <= 1
        last = events.index(ends[0]) if ends else events.index("transaction.deleted")
        assert "signature.performed" not in events[last + 1 :]
        row.refresh_from_db()
        assert (row.status == "performed") == ("signature.performed" in events)


def _at_once(*calls: Callable[[], object]) -> list[SigilloError]:
    refused: list[SigilloError] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait()
        try:
            call()
        except SigilloError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_what_is_not_there_is_not_found(acme: House) -> None:
    with pytest.raises(NotFound):
        cancel_transaction(acme.owner.principal, uuid4(), "")
    with pytest.raises(NotFound):
        decline(acme.owner.principal, uuid4(), "")
