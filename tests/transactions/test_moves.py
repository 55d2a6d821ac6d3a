"""Changes of one transaction stand in line: on its row, and on its journal's chain.

SQLite has one writer at a time, so only PostgreSQL can show what a missing lock lets through. There a change is
stopped in its middle by holding a row that it needs late, until the other one has ended or waits as well.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from django.db import connection, transaction

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.flows.claim_document import claim_intake
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.perform import perform_automatic
from sigillo.flows.sign import Attempt, commit, make, reserve, take_signature
from sigillo.flows.take_in_document import _accept, _inspect
from sigillo.flows.upkeep import expire
from sigillo.identities.models import Identity
from sigillo.journal.models import Chain, Event
from sigillo.journal.record import Subject, record
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import PASSWORD, begin, data_uri, fetch_all, give_identity, kinds, signatures
from tests.support.pages import pdf
from tests.support.world import House

SECONDS = 20
on_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer and no row locks")
pytestmark = pytest.mark.django_db(transaction=True)


class Running(threading.Thread):
    """A call in a thread of its own, whose fault is kept."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.fault: Exception | None = None
        self._call = call
        self.start()

    def run(self) -> None:
        try:
            self._call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.fault = error
        finally:
            connection.close()


def _waiting() -> int:
    """How many connections to this database wait for a lock, as of now and not as this transaction saw it first."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def _await_lines(*threads: Running) -> None:
    """Until each of these waits for a lock, or one of them has ended instead."""
    limit = time.monotonic() + SECONDS
    while _waiting() < len(threads) and all(thread.is_alive() for thread in threads):
        assert time.monotonic() < limit, "a thread neither ended nor waits"
        time.sleep(0.005)


@contextmanager
def _documents_held() -> Iterator[None]:
    """Nobody writes a document's row meanwhile: commits and acceptances stop there, half done."""
    with transaction.atomic():
        list(Document.objects.select_for_update())
        yield


def _finish(*threads: Running) -> None:
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert thread.fault is None, thread.fault


@pytest.fixture
def seized(acme: House) -> Transaction:
    """A transaction that can be signed, and whose deadline has just passed."""
    give_identity(acme)
    row = fetch_all(begin(acme))
    Transaction.objects.update(not_after=now() - timedelta(seconds=1))
    return row


@on_postgres
def test_a_signature_on_its_way_in_does_not_expire(acme: House, seized: Transaction) -> None:
    signature = Signature.objects.select_related("document", "transaction", "signer").get()
    attempt = Attempt(id=new_id(), signature=signature, identity=Identity.objects.get(), actor="user:test")
    take_signature(attempt)
    base = reserve(attempt)
    assert base
    made = make(attempt, base)
    with _documents_held():
        signing = Running(lambda: commit(attempt, base, made))
        _await_lines(signing)
        expiring = Running(expire)
        _await_lines(signing, expiring)
    _finish(signing, expiring)
    seized.refresh_from_db()
    assert (seized.status, signatures(seized)[0].status) == ("performed", "performed")
    assert kinds(seized)[-3:] == ["signature.intent", "signature.performed", "transaction.performed"]
    assert list(Revision.objects.order_by("number").values_list("signature", flat=True)) == [None, signature.id]


@on_postgres
def test_a_document_on_its_way_in_does_not_bring_back_what_expired(acme: House) -> None:
    row = Transaction.objects.get(id=begin(acme))
    claim = claim_intake(Document.objects.get().id)
    assert claim
    inspection = _inspect(claim.document, [])
    Transaction.objects.update(not_after=now() - timedelta(seconds=1))
    with _documents_held():
        accepting = Running(lambda: _accept(claim, inspection))
        _await_lines(accepting)
        expiring = Running(expire)
        _await_lines(accepting, expiring)
    _finish(accepting, expiring)
    row.refresh_from_db()
    assert (row.status, signatures(row)[0].status) == ("expired", "expired")
    assert kinds(row)[2:] == ["transaction.pending", "signature.pending", "transaction.expired", "signature.expired"]


def test_two_who_sign_at_once_open_each_next_group_once_and_end_it_once(acme: House) -> None:
    give_identity(acme)
    robot = NewSignature(signer="robot")
    documents = [
        NewDocument(document_uri=data_uri(pdf(text=text)), groups=((robot,), (robot,))) for text in ("one", "two")
    ]
    row = fetch_all(create_transaction(acme.owner.principal, NewTransaction(documents=documents)))
    first, last, also_first, also_last = (signature.id for signature in signatures(row))
    principal = acme.owner.principal
    for pair in ((first, also_first), (last, also_last)):
        _finish(*[Running(partial(perform_automatic, principal, key, PASSWORD)) for key in pair])
    row.refresh_from_db()
    assert (row.status, {signature.status for signature in signatures(row)}) == ("performed", {"performed"})
    told = kinds(row)
    assert [told.count(f"signature.{kind}") for kind in ("pending", "intent", "performed")] == [4, 4, 4]
    assert told.count("transaction.performed") == 1
    assert told[-1] == "transaction.performed"
    assert Revision.objects.count() == 6


def _write(subject: Subject, kind: str) -> None:
    with transaction.atomic():
        record(subject, kind, actor="system:test")


def _assert_chained(*kinds_in_order: str) -> None:
    events = list(Event.objects.order_by("sequence"))
    assert [event.kind for event in events] == list(kinds_in_order)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert all(bytes(later.previous) == bytes(earlier.digest) for earlier, later in pairwise(events))
    chain = Chain.objects.get()
    assert (chain.length, bytes(chain.head)) == (len(events), bytes(events[-1].digest))


@on_postgres
def test_the_first_event_of_a_subject_is_written_by_two_at_once(db: None) -> None:
    subject = Subject(kind="transaction", id=new_id(), organization_id=new_id())
    with transaction.atomic():
        record(subject, "first", actor="system:test")
        second = Running(lambda: _write(subject, "second"))
        _await_lines(second)
    _finish(second)
    _assert_chained("first", "second")


@on_postgres
def test_an_event_waits_for_the_one_that_is_being_written(db: None) -> None:
    """Both want to be the second; the first of them is stopped after it read the chain and before it wrote to it."""
    subject = Subject(kind="transaction", id=new_id(), organization_id=new_id())
    _write(subject, "before")
    with transaction.atomic():
        # A second event that never comes true: writers of the real one wait for its end, and find it gone.
        Event.objects.create(chain=Chain.objects.get(), sequence=2, kind="never", actor="", previous=b"", digest=b"")
        writers = []
        for kind in ("first", "second"):
            writers.append(Running(partial(_write, subject, kind)))
            _await_lines(*writers)
        transaction.set_rollback(True)
    _finish(*writers)
    _assert_chained("before", "first", "second")
