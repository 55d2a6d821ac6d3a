"""A document on its way in belongs to one attempt at a time, and nothing that dies with an attempt is lost."""

import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django_q.models import OrmQ
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.flows.claim_document import MAX_ATTEMPTS, Claim, claim_download, claim_intake, next_download, set_down
from sigillo.flows.fetch_document import fetch_document
from sigillo.flows.take_in_document import take_in, take_in_document
from sigillo.transactions.deadlines import PRODUCTION, SANDBOX
from sigillo.transactions.models import Document, Revision, Transaction
from tests.flows import stories
from tests.flows.stories import begin, jobs, kinds
from tests.support.pages import pdf
from tests.support.server import Answer, document_server
from tests.support.world import House

ELSEWHERE = "http://127.0.0.1:1/a.pdf"


def _attempt(claim: Claim | None) -> bool:
    assert claim
    return fetch_document(claim, nullcontext, lambda _size: True)


def _due_again() -> None:
    """The lease, or the wait, is over."""
    Document.objects.update(next_attempt_at=now())


def test_a_claim_is_counted_and_has_its_next_job_at_the_end_of_the_lease(acme: House) -> None:
    begin(acme, uri=ELSEWHERE)
    key, began = Document.objects.get().id, now()
    assert claim_intake(key) is None, "there are no bytes yet"
    claim = claim_download(key)
    assert claim
    assert (claim.attempt, claim.organization_id) == (1, acme.organization.id)
    lease = timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS)
    row, job = Document.objects.get(), OrmQ.objects.get(pk=claim.next_job)
    assert (row.fetch_attempts, row.source_digest) == (1, "")
    assert row.next_attempt_at
    assert job.lock
    assert began + lease <= row.next_attempt_at <= job.lock <= now() + lease, "the job finds the document due"
    assert job.task["args"] == ("fetch_document", str(key))
    assert claim_download(key) is None
    _due_again()
    again = claim_download(key)
    assert again
    assert again.attempt == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_once_one_does(acme: House) -> None:
    begin(acme, uri=ELSEWHERE)
    key, claims, line = Document.objects.get().id, list[Claim | None](), threading.Barrier(8)

    def run() -> None:
        try:
            line.wait(20)
            claims.append(claim_download(key))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 8
    assert len([claim for claim in claims if claim]) == 1
    assert (Document.objects.get().fetch_attempts, jobs()) == (1, 2)


def test_what_is_due_longest_is_next_unless_its_organization_is_passed_over(acme: House, bravo: House) -> None:
    third, first, second, done, ended, later = [
        Document.objects.get(transaction_id=begin(house, uri=ELSEWHERE)).id
        for house in (bravo, acme, acme, acme, acme, acme)
    ]
    here = Document.objects.get(transaction_id=begin(acme)).id
    for number, key in enumerate((done, ended, here, first, second, third)):
        Document.objects.filter(id=key).update(next_attempt_at=now() - timedelta(seconds=60 - number))
    Document.objects.filter(id=done).update(ready=True)
    Transaction.objects.filter(documents=ended).update(status="cancelled")
    Document.objects.filter(id=later).update(next_attempt_at=now() + timedelta(seconds=60))
    assert next_download() == first
    assert next_download({acme.organization.id}) == third
    assert next_download({acme.organization.id, bravo.organization.id}) is None
    assert claim_download(first)
    assert next_download() == second
    assert [claim_download(key) for key in (done, ended, here, later)] == [None] * 4


def test_bytes_that_are_set_down_use_the_job_that_was_queued_for_the_lease(acme: House, loopback_open: None) -> None:
    with document_server(lambda *_: (200, {}, pdf())) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        OrmQ.objects.all().delete()
        claim = claim_download(Document.objects.get().id)
        assert _attempt(claim)
    assert claim
    assert claim_intake(claim.document.id) is None, "the lease goes on"
    set_down(claim)
    job, document = OrmQ.objects.get(), Document.objects.get()
    assert job.pk == claim.next_job
    assert job.lock
    assert job.lock <= now()
    assert (document.ready, document.fetch_attempts, document.source_size) == (False, 1, len(pdf()))
    assert next_download() is None
    job.delete()
    take_in_document(document.id)
    assert Transaction.objects.get(id=key).status == "pending"
    assert jobs() == 0, "what was queued for the lease of the intake is withdrawn"
    assert Document.objects.get().fetch_attempts == 2


def test_a_claim_goes_from_the_bytes_to_the_intake(acme: House, loopback_open: None) -> None:
    with document_server(lambda *_: (200, {}, pdf())) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        OrmQ.objects.all().delete()
        claim = claim_download(Document.objects.get().id)
        assert claim
        assert _attempt(claim)
    take_in(claim, nullcontext)
    assert (Transaction.objects.get(id=key).status, jobs()) == ("pending", 0)
    assert Document.objects.get().fetch_attempts == 1


def test_an_outcome_whose_job_has_run_for_nothing_queues_another(acme: House, loopback_open: None) -> None:
    with document_server(lambda *_: (503, {}, b"")) as address:
        begin(acme, uri=f"{address}/a.pdf")
        claim = claim_download(Document.objects.get().id)
        OrmQ.objects.all().delete()
        _attempt(claim)
    assert jobs() == 1


def test_a_failure_after_the_lease_is_no_news_to_the_next_attempt(acme: House, loopback_open: None) -> None:
    answers: list[Answer] = [(410, {}, b""), (503, {}, b""), (200, {}, pdf()), (410, {}, b"")]
    with document_server(lambda *_: answers.pop(0)) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        document = Document.objects.get().id
        claims = []
        for _ in range(4):
            claims.append(claim_download(document))
            _due_again()
        before = Document.objects.get().next_attempt_at
        assert not _attempt(claims[0])  # refused for good, and
        assert not _attempt(claims[1])  # failing for now, while the others are on their way
        row = Transaction.objects.get(id=key)
        assert (row.status, kinds(row)) == ("waiting", ["transaction.waiting"])
        assert Document.objects.get().next_attempt_at == before
        assert _attempt(claims[2])
        assert not _attempt(claims[3])  # the newest fails, and the bytes are here
    row = Transaction.objects.get(id=key)
    assert (row.status, kinds(row)) == ("waiting", ["transaction.waiting"])
    take_in_document(document)
    row.refresh_from_db()
    assert (row.status, Revision.objects.get().size) == ("pending", len(pdf()))


def test_of_two_attempts_that_both_bring_bytes_the_first_counts(acme: House, loopback_open: None) -> None:
    answers = [pdf(text="one"), pdf(text="another")]
    with document_server(lambda *_: (200, {}, answers.pop(0))) as address:
        begin(acme, uri=f"{address}/a.pdf")
        document = Document.objects.get().id
        first = claim_download(document)
        _due_again()
        second = claim_download(document)
        assert _attempt(first)
        kept = Document.objects.get().source_digest
        assert not _attempt(second)
    assert Document.objects.get().source_digest == kept


def test_attempts_that_never_end_are_counted_to_a_refusal(acme: House, bravo: House) -> None:
    key, other = begin(acme, uri=ELSEWHERE), begin(bravo, uri=ELSEWHERE)
    document = Document.objects.get(transaction_id=key).id
    for _ in range(MAX_ATTEMPTS):
        assert claim_download(document)
        _due_again()
    assert claim_download(document) is None
    row = Transaction.objects.get(id=key)
    assert (row.status, row.reason, row.reason_code) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT", "intake_gave_up")
    assert Transaction.objects.get(id=other).status == "waiting"


def _became_old() -> None:
    """All the time that the sandbox has for attempts has passed."""
    Transaction.objects.update(created=now() - timedelta(seconds=SANDBOX.patience_seconds + 1))
    _due_again()


def test_an_attempt_that_would_come_too_late_after_a_failure_is_not_made(acme: House, loopback_open: None) -> None:
    answers: list[Answer] = [(503, {}, b""), (200, {}, pdf())]
    with document_server(lambda *_: answers.pop(0)) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        document = Document.objects.get().id
        assert not _attempt(claim_download(document))
        _became_old()
        assert not _attempt(claim_download(document))
    row = Transaction.objects.get(id=key)
    assert (row.status, row.reason, row.reason_code) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT", "outbound_status")
    assert row.reason_detail == "The document did not come in the attempts so far (1), and the time for more is over."
    assert kinds(row)[-3:] == ["document.fetch_failed", "transaction.cancelled", "signature.error"]
    assert len(answers) == 1


def test_a_first_attempt_and_one_after_a_killed_worker_are_made_however_late(acme: House, loopback_open: None) -> None:
    with document_server(lambda *_: (200, {}, pdf())) as address:
        for killed in (False, True):
            begin(acme, uri=f"{address}/a.pdf")
            document = Document.objects.get(source_digest="").id
            if killed:
                assert claim_download(document)
            _became_old()
            assert _attempt(claim_download(document))


def test_production_tries_again_after_ever_longer_waits(acme: House, loopback_open: None, settings: Settings) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    waits = []
    with document_server(lambda *_: (503, {}, b"")) as address:
        key = begin(acme, uri=f"{address}/a.pdf")
        document = Document.objects.get().id
        while Transaction.objects.get(id=key).status == "waiting":
            began = now()
            stories.fetch_document(document)
            if due := Document.objects.get().next_attempt_at:
                waits.append(round((due - began).total_seconds()))
    assert waits == list(PRODUCTION.waits) == [2, 10, 60, 300, 1800]
    row = Transaction.objects.get(id=key)
    assert (row.reason, row.reason_code) == ("CANNOT_DOWNLOAD_DOCUMENT", "outbound_status")
    assert kinds(row).count("document.fetch_failed") == 5
    assert Document.objects.get().fetch_attempts == 6
