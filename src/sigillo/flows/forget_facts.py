"""What the outside was told is not kept for ever: it may name people. The journal, which does not, stays."""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from sigillo.base.clock import now
from sigillo.delivery.endpoints import UNSET
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.journal.models import Fact

KEPT = timedelta(days=30)
BATCH = 1000
MOST_BATCHES = 100
"""In one run, which a job's time must suffice for."""
_ORPHANED = timedelta(hours=1)


def forget_facts() -> int:
    """Remove facts of more than thirty days ago with their deliveries; how many there were."""
    _give_up_orphans()
    old = Fact.objects.filter(at__lt=now() - KEPT).order_by("at").values_list("id", flat=True)
    forgotten = 0
    for _ in range(MOST_BATCHES):
        keys = list(old[:BATCH])
        Fact.objects.filter(id__in=keys).delete()
        forgotten += len(keys)
        if len(keys) < BATCH:
            break
    return forgotten


def _give_up_orphans() -> None:
    """End what was queued for a webhook in the very moment in which it was taken away."""
    endpoint = Endpoint.objects.filter(token_id=OuterRef("token_id"), topic=OuterRef("topic"))
    waiting = Delivery.objects.filter(next_attempt_at__lt=now() - _ORPHANED)
    orphans = waiting.exclude(Exists(endpoint))
    orphans.update(status=Delivery.Status.FAILED, reason=UNSET, next_attempt_at=None)
