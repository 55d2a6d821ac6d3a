"""What the outside was told is forgotten after thirty days, with its log; the journal is not."""

from datetime import timedelta

import pytest

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.delivery.models import Delivery
from sigillo.flows import forget_facts as flow
from sigillo.flows.forget_facts import forget_facts
from sigillo.journal.models import Event, Fact
from tests.delivery.receivers import listening
from tests.flows.stories import begin
from tests.support.world import House

URL = "https://host.example/hook"


def test_facts_and_their_log_go_after_thirty_days(acme: House, bravo: House) -> None:
    listening(acme.owner, dst=URL)
    old, new = begin(acme), begin(acme)
    begin(bravo)
    Fact.objects.filter(subject_id=old).update(at=now() - timedelta(days=30, minutes=1))
    Fact.objects.filter(subject_id=new).update(at=now() - timedelta(days=29, hours=23))
    events = Event.objects.count()
    assert forget_facts() == 1
    assert [row.fact.subject_id for row in Delivery.objects.select_related("fact")] == [new]
    assert (Fact.objects.count(), Event.objects.count()) == (2, events)
    assert forget_facts() == 0


def test_many_go_in_batches_and_the_rest_in_the_next_run(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        begin(acme)
    Fact.objects.update(at=now() - timedelta(days=31))
    monkeypatch.setattr(flow, "BATCH", 2)
    monkeypatch.setattr(flow, "MOST_BATCHES", 2)
    assert [forget_facts() for _ in range(3)] == [4, 1, 0]


def test_what_was_queued_while_its_token_was_deleted_is_given_up(acme: House) -> None:
    listening(acme.owner, dst=URL)
    begin(acme)
    Delivery.objects.update(token_id=new_id(), next_attempt_at=now() - timedelta(hours=2))
    begin(acme)
    forget_facts()
    assert [(row.status, row.reason) for row in Delivery.objects.order_by("created")] == [
        ("failed", "webhook_unset"),
        ("pending", ""),
    ]
