"""What time and crashes leave to do."""

from datetime import timedelta

import pytest

from sigillo.base.clock import now
from sigillo.documents import store
from sigillo.flows.upkeep import expire, recover, sweep
from sigillo.installation import blobs
from sigillo.transactions.models import Document, Transaction
from tests.flows.stories import begin, jobs, kinds, ready, signatures
from tests.support.world import House


def test_a_deadline_that_passed_ends_the_transaction(acme: House) -> None:
    late, early = ready(acme), ready(acme)
    Transaction.objects.filter(id=late.id).update(not_after=now() - timedelta(seconds=1))
    assert expire() == 1
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.status, late.reason, early.status) == ("expired", None, "pending")
    assert [signature.status for signature in signatures(late)] == ["expired"]
    assert kinds(late)[-2:] == ["transaction.expired", "signature.expired"]
    assert expire() == 0


def test_a_transaction_expires_while_it_waits(acme: House) -> None:
    key = begin(acme)
    Transaction.objects.filter(id=key).update(not_after=now() - timedelta(seconds=1))
    assert expire() == 1
    assert Transaction.objects.get(id=key).status == "expired"


def test_a_fetch_that_nobody_took_up_is_queued_again(acme: House) -> None:
    key = begin(acme)
    assert (recover(), jobs()) == (0, 1)
    Document.objects.filter(transaction_id=key).update(next_attempt_at=now() - timedelta(hours=1))
    assert (recover(), jobs()) == (1, 2)
    assert recover() == 0


@pytest.mark.django_db
def test_orphans_are_swept_and_documents_stay(acme: House) -> None:
    row = ready(acme)
    orphan = store.keep([b"bytes whose row never came"])
    kept = Document.objects.get(transaction=row).source_digest
    assert sweep() == 0  # a young orphan may be a document that is about to be committed
    later, hour = now() + timedelta(hours=2), timedelta(hours=1)
    removed = blobs().sweep(lambda _: {kept}, now=later, older_than=hour)
    assert removed >= 1
    assert not blobs().exists(orphan.digest)
    assert blobs().exists(kept)
