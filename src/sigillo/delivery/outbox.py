"""From facts to deliveries: in the transaction of the change, so that none is lost and none is sent without it."""

from collections.abc import Iterable, Sequence

from sigillo.delivery.endpoints import DISABLED
from sigillo.delivery.messages import TOPICS
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.journal.models import Fact
from sigillo.organizations.models import User
from sigillo.queue.port import enqueue

BATCH = 500


def announce(facts: Sequence[Fact]) -> None:
    """Have facts of one organization sent to all of its webhooks that hear of such, in the facts' own transaction.

    The webhooks of disabled users hear nothing. For one that is disabled itself the log alone says what it missed.
    """
    if not facts:
        return
    endpoints = Endpoint.objects.filter(
        organization_id=facts[0].organization_id,
        topic__in={TOPICS[fact.message] for fact in facts},
        token__user__status=User.Status.ENABLED,
    )
    send(facts, list(endpoints))


def send(facts: Sequence[Fact], endpoints: Iterable[Endpoint], *, test: bool = False) -> list[Delivery]:
    """Have facts sent to those of the endpoints that hear of such; a worker begins once this is committed."""
    deliveries = [
        _delivery(fact, endpoint, test)
        for fact in facts
        for endpoint in endpoints
        if endpoint.topic == TOPICS[fact.message]
    ]
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)
    if any(delivery.next_attempt_at for delivery in deliveries):
        enqueue("deliver", facts[0].organization_id)
    return deliveries


def _delivery(fact: Fact, endpoint: Endpoint, test: bool) -> Delivery:
    row = Delivery(
        organization_id=endpoint.organization_id,
        token_id=endpoint.token_id,
        topic=endpoint.topic,
        fact=fact,
        test=test,
        created=fact.at,
        next_attempt_at=fact.at,
    )
    if endpoint.disabled_at:
        row.status, row.reason, row.next_attempt_at = Delivery.Status.FAILED, DISABLED, None
    return row
