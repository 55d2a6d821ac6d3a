"""The journal: chained, ordered, and only in the transaction of its change."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from sigillo.base.ids import new_id
from sigillo.journal.chain import event_digest
from sigillo.journal.models import Chain, Event, Fact
from sigillo.journal.record import Entry, Subject, Tell, record, record_all

QUERIES = 12  # two for the head, and batches as large as the database takes them


def _subject() -> Subject:
    return Subject(kind="transaction", id=new_id(), organization_id=new_id())


@pytest.mark.django_db
def test_each_event_is_chained_to_the_one_before() -> None:
    subject = _subject()
    events = [record(subject, f"kind.{n}", actor="system:test", data={"n": n, "ł": "王"}) for n in range(3)]
    previous = bytes(32)
    for number, event in enumerate(Event.objects.filter(chain__subject_id=subject.id).order_by("sequence"), start=1):
        assert event.sequence == number
        assert bytes(event.previous) == previous
        previous = event_digest(
            previous=previous,
            subject_kind=subject.kind,
            subject_id=subject.id,
            sequence=event.sequence,
            kind=event.kind,
            actor=event.actor,
            at=event.at,
            data=event.data,
        )
        assert bytes(event.digest) == previous
    assert bytes(Chain.objects.get(subject_id=subject.id).head) == previous == events[-1].digest


@pytest.mark.django_db
def test_subjects_have_chains_of_their_own() -> None:
    first, second = _subject(), _subject()
    record(first, "a", actor="system:test")
    assert record(second, "a", actor="system:test").sequence == 1


@pytest.mark.django_db
def test_a_fact_carries_the_sequence_of_its_event() -> None:
    subject = _subject()
    told = Tell("DST_STATUS_CHANGED", subject.id, {"status": "pending"})
    given = record_all(subject, [Entry("a"), Entry("b", tell=told)], actor="system:test")
    fact = Fact.objects.select_related("event").get()
    assert given == [fact]
    assert (fact.sequence, fact.at, fact.organization_id) == (2, fact.event.at, subject.organization_id)


@pytest.mark.django_db
def test_many_events_cost_no_more_queries_than_one(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    first, second = _subject(), _subject()
    told = Tell("DST_STATUS_CHANGED", first.id, {})
    record(_subject(), "a", actor="system:test")  # the connection of this process makes its own first queries
    with django_assert_max_num_queries(QUERIES):
        record_all(first, [Entry("a", tell=told)], actor="system:test")
    with django_assert_max_num_queries(QUERIES):
        record_all(second, [Entry("a", tell=told)] * 400, actor="system:test")
    assert Chain.objects.get(subject_id=second.id).length == 400
    assert record_all(second, [], actor="system:test") == []


@pytest.mark.django_db(transaction=True)
def test_no_event_without_a_transaction_around_it() -> None:
    with pytest.raises(RuntimeError, match="transaction of its change"):
        record(_subject(), "a", actor="system:test")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_fails_takes_its_event_with_it() -> None:
    def change() -> None:
        with transaction.atomic():
            record(_subject(), "a", actor="system:test")
            raise IntegrityError

    with pytest.raises(IntegrityError):
        change()
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_subject_stand_in_line() -> None:
    subject, faults = _subject(), []

    def write() -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    record(subject, "a", actor="system:test")
        except Exception as error:  # noqa: BLE001 - a thread's fault is reported by the test
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert list(Event.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 41))
