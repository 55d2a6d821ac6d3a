"""A worker sends a message to a receiver, and what that answers decides how it goes on.

claim      some deliveries of one endpoint, each due again when a lease ends       ← short transaction
call       one attempt at one of them                                             ← no database
conclude   delivered, set down for another attempt, or failed for good             ← short transaction
"""

from dataclasses import dataclass
from datetime import timedelta
from random import random
from time import monotonic

import structlog
from django.db import transaction
from django.db.models import F

from sigillo.base.clock import now
from sigillo.delivery.backoff import next_wait, read_retry_after
from sigillo.delivery.endpoints import DISABLED, GONE, give_up, secret_of
from sigillo.delivery.messages import body_of
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.delivery.standard import signed_headers
from sigillo.documents.fetch_options import options_from
from sigillo.flows.claim_deliveries import Claim
from sigillo.flows.create_token import http_options_in
from sigillo.flows.voice import WORKER
from sigillo.installation import outbound
from sigillo.journal.record import Subject, record
from sigillo.outbound.errors import OutboundError
from sigillo.outbound.values import Limits, Request
from sigillo.queue.port import enqueue

ATTEMPT_SECONDS = 15.0
"""How long a receiver may take to answer: the least that the Standard Webhooks specification recommends."""
GAVE_UP = "gave_up"
GONE_STATUS = 410
KEPT_ANSWERS = 20
SOON = timedelta(minutes=1)
"""What is due sooner gets a job of its own; the clock looks for the rest."""
FAULT = "Sigillo could not make this call; the log of its worker says why."

log = structlog.get_logger("sigillo.webhooks")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt; no `error` means that the receiver took the message."""

    seconds: float
    status: int | None = None
    error: str | None = None
    retry_after: str | None = None


def call(claim: Claim) -> Outcome:
    """Make one attempt: within `ATTEMPT_SECONDS`, without redirects, and without reading what is answered."""
    began = monotonic()
    try:
        answer = outbound().fetch(_request(claim), Limits(0, ATTEMPT_SECONDS), _unread)
    except OutboundError as error:
        return Outcome(_since(began), error.status, error.message, error.retry_after)
    except Exception:
        log.exception("webhook not sent", delivery=str(claim.delivery.id))
        return Outcome(_since(began), error=FAULT)
    return Outcome(_since(began), answer.status)


def _request(claim: Claim) -> Request:
    token, body = claim.endpoint.token, body_of(claim.delivery)
    options = options_from(http_options_in(token), {})
    ours = signed_headers(secret_of(token), str(claim.delivery.fact_id), body, at=now())
    return Request(
        url=token.webhooks[claim.endpoint.topic],
        method="POST",
        headers={**options.headers, "Content-Type": "application/json", **ours},
        auth=options.auth,
        client_certificate=options.client_certificate,
        body=body,
    )


def _unread(_piece: bytes) -> None:
    raise AssertionError("nothing of an answer is read")


def _since(began: float) -> float:
    return round(monotonic() - began, 3)


def conclude(claim: Claim, outcome: Outcome) -> None:
    """Write down what came of an attempt. Of one that another attempt has overtaken, only a success is news."""
    log.info(
        "webhook sent" if outcome.error is None else "webhook not taken",
        delivery=str(claim.delivery.id),
        attempt=claim.delivery.attempts,
        status=outcome.status,
        error=outcome.error,
        seconds=outcome.seconds,
    )
    with transaction.atomic():
        if outcome.error is None:
            _delivered(claim, outcome)
        else:
            _failed(claim, outcome)


def _delivered(claim: Claim, outcome: Outcome) -> None:
    if claim.endpoint.failures:
        Endpoint.objects.filter(id=claim.endpoint.id).update(failures=0)
    pending = Delivery.objects.filter(id=claim.delivery.id, status=Delivery.Status.PENDING)
    pending.update(status=Delivery.Status.DELIVERED, next_attempt_at=None, failures=0, answers=_answers(claim, outcome))


def _failed(claim: Claim, outcome: Outcome) -> None:
    delivery, endpoint = claim.delivery, Endpoint.objects.filter(id=claim.endpoint.id)
    asked = read_retry_after(outcome.retry_after, at=now())
    as_called = endpoint.update(failures=F("failures") + 1, **({"paused_until": now() + asked} if asked else {}))
    gone = outcome.status == GONE_STATUS and bool(as_called)  # not where it was set anew meanwhile
    wait = None if gone else next_wait(delivery.failures + 1, jitter=random(), asked=asked)  # noqa: S311 - no secret
    changes: dict[str, object] = {"failures": delivery.failures + 1, "answers": _answers(claim, outcome)}
    if wait is None:
        changes |= {"status": Delivery.Status.FAILED, "reason": GONE if gone else GAVE_UP, "next_attempt_at": None}
    else:
        changes |= {"next_attempt_at": now() + wait}
    mine = Delivery.objects.filter(id=delivery.id, next_attempt_at=delivery.next_attempt_at)  # nobody was there since
    if mine.update(**changes) and wait and wait < SOON:
        enqueue("deliver", delivery.organization_id, after=wait)
    if gone:
        _disable(claim.endpoint)


def _disable(endpoint: Endpoint) -> None:
    """Send nothing more to an endpoint that says that it is gone."""
    if not Endpoint.objects.filter(id=endpoint.id, disabled_at=None).update(disabled_at=now()):
        return
    give_up(endpoint.token_id, [endpoint.topic], DISABLED)
    organization = Subject("organization", endpoint.organization_id, endpoint.organization_id)
    data = {"token": str(endpoint.token_id), "webhook": endpoint.topic}
    record(organization, "webhook.disabled", actor=WORKER, data=data)


def _answers(claim: Claim, outcome: Outcome) -> list[object]:
    """The log of a delivery with this attempt at its end."""
    answer = {
        "at": now().isoformat(),
        "status": outcome.status,
        "error": outcome.error,
        "seconds": outcome.seconds,
    }
    return [*claim.delivery.answers, answer][-KEPT_ANSWERS:]
