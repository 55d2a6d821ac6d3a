"""A download that is given up, tried again or overtaken by the transaction's end."""

from datetime import timedelta

from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.flows.claim_document import claim_intake, refuse
from sigillo.flows.upkeep import expire
from sigillo.journal.models import Event, Fact
from sigillo.transactions.models import Document, Signature, Transaction
from sigillo.transactions.states import CancelReason
from tests.flows.stories import begin, fetch_all, fetch_document
from tests.support.server import document_server
from tests.support.world import House


def _rows() -> list[list[tuple[object, ...]]]:
    models = (Transaction, Document, Signature, Event, Fact)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_a_refused_document_is_not_waited_for(acme: House) -> None:
    fetch_all(begin(acme, uri="http://10.0.0.1/a.pdf"))
    assert (Document.objects.get().ready, Document.objects.get().next_attempt_at) == (False, None)


def test_a_refusal_that_comes_after_the_end_changes_nothing(acme: House) -> None:
    """The deadline passed while the document was on its way, and what came of it is an error for good."""
    claim = claim_intake(Document.objects.get(transaction_id=begin(acme)).id)
    assert claim
    Transaction.objects.update(not_after=now() - timedelta(seconds=1))
    assert expire() == 1
    before = _rows()
    refuse(claim, CancelReason.CANNOT_DOWNLOAD, "http_404", "The address answered 404.")
    assert _rows() == before
    assert Transaction.objects.get().status == "expired"


def test_production_waits_longer_than_the_sandbox(acme: House, loopback_open: None, settings: Settings) -> None:
    waits = {}
    with document_server(lambda *_: (503, {}, b"")) as address:
        for environment in ("sandbox", "production"):
            settings.SIGILLO_ENVIRONMENT = environment
            key = begin(acme, uri=f"{address}/a.pdf")
            began = timezone.now()
            fetch_document(Document.objects.get(transaction_id=key).id)
            job = OrmQ.objects.order_by("pk").last()
            assert job
            assert job.lock
            waits[environment] = job.lock - began
    assert waits["sandbox"] < timedelta(seconds=1.5) < timedelta(seconds=2) <= waits["production"]
