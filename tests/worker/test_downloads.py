"""Downloads in threads: shared out, counted, without connections while they wait, and overtaken by an end."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django_q.models import OrmQ
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.flows.take_in_document import take_in_document
from sigillo.flows.upkeep import expire
from sigillo.journal.models import Event, Fact
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from sigillo.worker.downloads import Downloads
from tests.cli.serving import wait_for
from tests.flows.stories import begin, kinds
from tests.support.pages import pdf
from tests.support.server import document_server
from tests.support.world import House
from tests.worker.working import GONE, PDF, Waiting, process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback_open")]
ROOM = 10**8


@pytest.fixture
def origin() -> Iterator[Waiting]:
    waiting = Waiting()
    yield waiting
    waiting.release(GONE)
    _join()


def _running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("download ")]


def _join() -> None:
    while threads := _running():  # one that ends may have begun another
        threads[0].join(30)


def _document(key: UUID) -> Document:
    return Document.objects.select_related("transaction").get(transaction_id=key)


def test_one_organization_gets_half_of_the_places_and_another_need_not_wait(
    acme: House, bravo: House, origin: Waiting, settings: Settings
) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"  # where one attempt may wait for 60 s
    with document_server(origin.answer) as address:
        flood = [begin(acme, uri=f"{address}/slow{number}.pdf") for number in range(6)]
        good = begin(bravo, uri=f"{address}/good.pdf")
        downloads = Downloads(at_once=8, total_bytes=ROOM)
        downloads.take_up()
        wait_for(lambda: _document(good).ready, "document of the other organization")
        wait_for(lambda: origin.calls == 4, "four of the flood on their way")
        assert sorted(_document(key).fetch_attempts for key in flood) == [0, 0, 1, 1, 1, 1]
        if connection.vendor == "postgresql":
            assert _connections() == 2, "the test's own, and one for all who wait"
        origin.release(GONE)
        _join()
        if connection.vendor == "postgresql":  # whose server notices a moment later that one was closed
            wait_for(lambda: _connections() == 1, "end of the connection of those who waited")
    assert origin.most == 4
    assert {Transaction.objects.get(id=key).reason for key in flood} == {"CANNOT_DOWNLOAD_DOCUMENT"}
    assert {_document(key).fetch_attempts for key in flood} == {1}
    assert (_document(good).fetch_attempts, _document(good).transaction.status) == (1, "pending")
    assert OrmQ.objects.filter(lock__gt=now()).count() == 0, "what was queued for the end of a lease is withdrawn"


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _rows() -> list[list[tuple[object, ...]]]:
    models = (Transaction, Document, Signature, Revision, Event, Fact)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


@pytest.mark.parametrize("answer", [PDF, GONE])
def test_a_transaction_that_ends_meanwhile_is_left_alone(acme: House, origin: Waiting, answer: object) -> None:
    with document_server(origin.answer) as address:
        key = begin(acme, uri=f"{address}/slow.pdf")
        Downloads(at_once=8, total_bytes=ROOM).take_up()
        wait_for(lambda: origin.calls, "call")
        Transaction.objects.update(not_after=now() - timedelta(seconds=1))
        assert expire() == 1
        before, jobs = _rows(), OrmQ.objects.count()
        origin.release(PDF if answer == PDF else GONE)
        _join()
    assert (_rows(), OrmQ.objects.count()) == (before, jobs)
    assert kinds(Transaction.objects.get(id=key))[-2:] == ["transaction.expired", "signature.expired"]


def test_bytes_on_their_way_are_bounded_and_shared_out(acme: House, bravo: House, origin: Waiting) -> None:
    size = len(pdf())
    with document_server(origin.answer) as address:
        large, small = begin(acme, uri=f"{address}/a.pdf"), begin(bravo, uri=f"{address}/b.pdf")
        downloads = Downloads(at_once=8, total_bytes=size)
        downloads._room.take(acme.organization.id, size // 2 + 1)  # what another download of theirs holds
        downloads.take_up()
        _join()
        assert (_document(small).source_size, _document(small).transaction.status) == (size, "pending")
        assert _document(large).source_digest == ""
        failed = Event.objects.get(chain__subject_id=large, kind="document.fetch_failed")
        assert (failed.data["code"], failed.data["attempt"]) == ("download_crowded", 1)
        downloads._room.give_back(acme.organization.id, size // 2 + 1)
        assert downloads._room.left == size, "what is stored is given back, and what failed too"


END = """
from sigillo.config.settings import use_current_sqlite
import django
django.setup()
from sigillo.worker.downloads import Downloads
Downloads(at_once=2, total_bytes=10**8).take_up()
print("the job is done", flush=True)
"""


def test_a_process_that_ends_finishes_what_it_has_and_wakes_another_for_the_rest(
    acme: House, origin: Waiting, tmp_path: Path
) -> None:
    with document_server(origin.answer) as address:
        keys = [begin(acme, uri=f"{address}/slow{number}.pdf") for number in range(2)]
        OrmQ.objects.all().delete()
        with process(tmp_path / "log", "-c", END, DJANGO_SETTINGS_MODULE="sigillo.config.settings") as running:
            assert running.stdout
            assert running.stdout.readline(), (tmp_path / "log").read_text()
            wait_for(lambda: origin.calls == 1, "call")
            origin.release(GONE)
            assert running.wait(30) == 0
    taken, left = sorted((_document(key) for key in keys), key=lambda row: -row.fetch_attempts)
    assert (taken.transaction.status, left.transaction.status) == ("cancelled", "waiting")
    assert (left.fetch_attempts, left.source_digest) == (0, "")
    assert [row.task["args"][1] for row in OrmQ.objects.filter(lock__lte=now())] == [str(left.id)]


def test_a_fault_of_ours_leaves_the_document_to_the_end_of_its_lease(
    acme: House, bravo: House, origin: Waiting, settings: Settings
) -> None:
    with document_server(origin.answer) as address:
        broken, good = begin(acme, uri=f"{address}/a.pdf"), begin(bravo, uri=f"{address}/b.pdf")
        Document.objects.filter(transaction_id=broken).update(sealed_source="damaged")
        began = now()
        Downloads(at_once=8, total_bytes=ROOM).take_up()
        _join()
    assert _document(good).ready
    document = _document(broken)
    assert (document.fetch_attempts, document.transaction.status) == (1, "waiting")
    lease = timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS)
    assert document.next_attempt_at
    assert began + lease <= document.next_attempt_at <= now() + lease
    assert OrmQ.objects.filter(lock__gte=began + lease).count() == 1, "the job that was queued for the end of the lease"


def test_a_document_whose_turn_to_be_read_does_not_come_is_left_to_a_job(acme: House, origin: Waiting) -> None:
    with document_server(origin.answer) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        OrmQ.objects.all().delete()
        downloads = Downloads(at_once=8, total_bytes=ROOM)
        with downloads._reading:  # by another thread, whose document takes long
            downloads.take_up()
            _join()
    document = _document(key)
    assert (document.ready, document.source_size, document.fetch_attempts) == (False, len(pdf()), 1)
    job = OrmQ.objects.get(lock__lte=now())
    assert job.task["args"] == ("fetch_document", str(document.id))
    take_in_document(document.id)
    assert _document(key).transaction.status == "pending"
