"""Many slow addresses: others need not wait, and a killed worker's downloads are done by the next one."""

import os
import signal
from pathlib import Path
from uuid import UUID

import pytest
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.journal.models import Event
from sigillo.queue.port import enqueue
from sigillo.transactions.models import Document, Revision, Transaction
from tests.cli.serving import wait_for
from tests.flows.stories import begin, kinds
from tests.support.server import document_server
from tests.support.world import House
from tests.worker.working import GONE, PDF, Waiting, pool, worker

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = "http://127.0.0.1:1/a.pdf"


def _status(key: UUID) -> str:
    return Transaction.objects.get(id=key).status


def _seconds(key: UUID, kind: str) -> float:
    """From the creation of a transaction to an event of its journal."""
    event = Event.objects.get(chain__subject_id=key, kind=kind)
    return (event.at - Transaction.objects.get(id=key).created).total_seconds()


def test_slow_addresses_of_one_organization_do_not_hold_another_up(acme: House, bravo: House, tmp_path: Path) -> None:
    origin = Waiting()
    with document_server(origin.answer) as address, worker(tmp_path / "log"):
        flood = [begin(acme, uri=f"{address}/slow{number}.pdf") for number in range(80)]
        good, dead = begin(bravo, uri=f"{address}/good.pdf"), begin(bravo, uri=DEAD)
        wait_for(lambda: _status(good) == "pending", "good document")
        wait_for(lambda: _status(dead) == "cancelled", "end of the dead one")
        assert {_status(key) for key in flood} == {"waiting"}
        origin.release(GONE)
        wait_for(lambda: not Transaction.objects.filter(status="waiting").exists(), "end of the flood")
    assert _seconds(good, "transaction.pending") < 10
    assert _seconds(dead, "transaction.cancelled") < 20
    assert max(_seconds(key, "transaction.cancelled") for key in flood) < 20
    ended = Transaction.objects.filter(id__in=[*flood, dead])
    assert set(ended.values_list("status", "reason")) == {("cancelled", "CANNOT_DOWNLOAD_DOCUMENT")}
    assert kinds(ended.get(id=dead)).count("document.fetch_failed") == 2
    assert Document.objects.get(transaction_id=dead).fetch_attempts == 3


def test_the_downloads_of_a_killed_worker_are_done_by_the_next_one(acme: House, tmp_path: Path) -> None:
    origin, timing = Waiting(), {"SIGILLO_JOB_RETRY_SECONDS": "4", "SIGILLO_WORKERS": "2"}
    with document_server(origin.answer) as address:
        signature = NewSignature(signer="robot")
        documents = [NewDocument(f"{address}/slow{number}.pdf", groups=((signature,),)) for number in range(16)]
        key = create_transaction(acme.owner.principal, NewTransaction(documents=documents))
        woken = list(OrmQ.objects.values_list("pk", flat=True))
        with worker(tmp_path / "log", **timing) as first:
            wait_for(lambda: origin.calls >= 16, "sixteen downloads")
            for pid in (first.pid, *pool(first)):
                os.kill(pid, signal.SIGKILL)
        origin.release(PDF)
        assert set(Document.objects.values_list("fetch_attempts", "source_digest")) == {(1, "")}
        OrmQ.objects.filter(pk__in=woken).delete()  # those that were not done with yet; others must be left
        left = [UUID(row.task["args"][1]) for row in OrmQ.objects.all()]
        assert sorted(left) == sorted(Document.objects.values_list("id", flat=True))
        with worker(tmp_path / "log", **timing):
            wait_for(lambda: _status(key) == "pending", "second attempt at all of them")
    assert Revision.objects.count() == 16
    assert kinds(Transaction.objects.get(id=key)).count("document.accepted") == 16
    assert set(Document.objects.values_list("ready", "next_attempt_at")) == {(True, None)}
    assert min(Document.objects.values_list("fetch_attempts", flat=True)) == 2, "one was killed, one did it"


def test_a_process_that_has_done_its_number_of_jobs_is_replaced_while_its_downloads_wait(
    acme: House, bravo: House, tmp_path: Path
) -> None:
    origin = Waiting()
    with document_server(origin.answer) as address:
        flood = [begin(acme, uri=f"{address}/slow{number}.pdf") for number in range(40)]
        with worker(tmp_path / "log", SIGILLO_ENVIRONMENT="production") as running:  # where one attempt may take 60 s
            wait_for(lambda: origin.calls >= 32, "half of the places filled")
            first = begin(bravo, uri=f"{address}/first.pdf")
            wait_for(lambda: _status(first) == "pending", "document of another organization")
            assert origin.calls == 32
            before = set(pool(running))
            OrmQ.objects.bulk_create(_jobs_for_nothing(500))
            wait_for(lambda: set(pool(running)) - before, "fresh process beside the one with the downloads")
            assert before < set(pool(running))
            second = begin(bravo, uri=f"{address}/second.pdf")
            wait_for(lambda: _status(second) == "pending", "document that the fresh process took in")
            wait_for(lambda: origin.calls == 40, "rest of the flood, at the fresh process")
            assert {_status(key) for key in flood} == {"waiting"}
            origin.release(GONE)
            wait_for(lambda: not Transaction.objects.filter(status="waiting").exists(), "end of the flood")
            wait_for(lambda: len(pool(running)) == len(before), "end of the process that was replaced")
    assert origin.calls == 40
    assert set(Document.objects.values_list("fetch_attempts", flat=True)) == {1}


def _jobs_for_nothing(count: int) -> list[OrmQ]:
    enqueue("fetch_document", new_id())
    pattern = OrmQ.objects.latest("pk")
    return [OrmQ(key=pattern.key, payload=pattern.payload, lock=now()) for _ in range(count)]
