"""What is due to which receiver, and who sends it: a worker claims deliveries until a lease ends.

A claim is counted and makes its delivery due again when the lease ends, in one commit; so whoever dies with it leaves
it to be sent once more, under the same id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from sigillo.base.clock import now
from sigillo.delivery.endpoints import secret_of
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.organizations.models import User

LEASE = timedelta(seconds=30)
"""Well beyond what one attempt may take."""
MOST_ENDPOINTS = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at one delivery, whose lease ends at its `next_attempt_at`.

    The endpoint is at hand with the token, its user and its secret.
    """

    delivery: Delivery
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Whose turn it is not: of these organizations, these endpoints, or failing ones of `slow` organizations."""

    organizations: Collection[UUID] = ()
    receivers: Collection[UUID] = ()
    slow: Collection[UUID] = ()


def due_endpoints(passed_over: PassedOver) -> list[Endpoint]:
    """The endpoints to which something is due, whoever has waited longest first, at most `MOST_ENDPOINTS`.

    It looks for the first delivery of each endpoint, so that a long queue of one costs the others nothing.
    """
    due = Delivery.objects.filter(token_id=OuterRef("token_id"), topic=OuterRef("topic"), next_attempt_at__lte=now())
    first = Subquery(due.order_by("next_attempt_at").values("next_attempt_at")[:1])
    there = _open_endpoints().exclude(organization__in=passed_over.organizations).exclude(id__in=passed_over.receivers)
    there = there.exclude(organization__in=passed_over.slow, failures__gt=0)
    return list(there.annotate(since=first).exclude(since=None).order_by("since")[:MOST_ENDPOINTS])


def claim_deliveries(endpoint_id: UUID, most: int) -> list[Claim]:
    """Claim what has been due longest to one endpoint, at most so many; whoever else claims for it waits meanwhile."""
    ends = now() + min(LEASE, timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS))
    with transaction.atomic():
        endpoints = _open_endpoints().select_related("token__user", "token__signing_secret")
        endpoint = endpoints.select_for_update(of=("self",)).filter(id=endpoint_id).first()
        if endpoint is None:
            return []
        if getattr(endpoint.token, "signing_secret", None) is None:  # webhooks that are older than secrets
            secret_of(endpoint.token)
        due = Delivery.objects.filter(
            token_id=endpoint.token_id, topic=endpoint.topic, next_attempt_at__lte=now()
        ).select_related("fact")
        rows = list(due.order_by("next_attempt_at", "fact__sequence")[:most])
        claimed = Delivery.objects.filter(id__in=[row.id for row in rows])
        claimed.update(attempts=F("attempts") + 1, next_attempt_at=ends)
    for row in rows:
        row.attempts, row.next_attempt_at = row.attempts + 1, ends
    return [Claim(row, endpoint) for row in rows]


def _open_endpoints() -> QuerySet[Endpoint]:
    """Those that are to be called now: not disabled, not asked to be left alone, and not of a disabled user."""
    is_left_alone = Q(paused_until__gt=now())
    return Endpoint.objects.filter(disabled_at=None, token__user__status=User.Status.ENABLED).exclude(is_left_alone)
