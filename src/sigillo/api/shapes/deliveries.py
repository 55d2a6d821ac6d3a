"""What was sent to a webhook: an addition of ours, in the manner of the contract."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from sigillo.api.shapes.moments import moment
from sigillo.api.shapes.stored import in_order
from sigillo.delivery.messages import payload_of
from sigillo.delivery.models import Delivery


class AnswerShape(Struct):
    """What came of one attempt: the status of the receiver's answer if there was one, and what was wrong with it."""

    at: str
    status: int | None
    error: str | None
    seconds: float


class DeliveryShape(Struct):
    """One message to one webhook (`dst` or `identity`) of a token.

    `webhook_id` is what the receiver knows the message by, at every attempt and at every other token. `answers` are
    those of the newest attempts. `reason` says why it failed for good.
    """

    id: str
    webhook_id: str
    message: str
    token: str
    webhook: str
    status: str
    reason: str | None
    created: str
    attempts: int
    next_attempt: str | None
    answers: list[AnswerShape]
    payload: dict[str, Any]
    test: bool


def delivery_shape(row: Delivery) -> DeliveryShape:
    """A delivery whose fact is at hand."""
    return DeliveryShape(
        id=str(row.id),
        webhook_id=str(row.fact_id),
        message=row.fact.message,
        token=str(row.token_id),
        webhook=row.topic,
        status=row.status,
        reason=row.reason or None,
        created=moment(row.created),
        attempts=row.attempts,
        next_attempt=moment(row.next_attempt_at) if row.next_attempt_at else None,
        answers=[_answer(**answer) for answer in row.answers],
        payload={name: in_order(value) for name, value in payload_of(row).items()},
        test=row.test,
    )


def _answer(at: str, status: int | None, error: str | None, seconds: float) -> AnswerShape:
    return AnswerShape(moment(datetime.fromisoformat(at)), status, error, seconds)
