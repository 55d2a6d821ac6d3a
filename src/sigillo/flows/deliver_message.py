"""A worker takes a message to the operator's gateway, or keeps it where the sandbox has none."""

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from sigillo.base.clock import now
from sigillo.flows.gateway import SEND_SECONDS, Sending, send
from sigillo.flows.voice import WORKER, about_organization
from sigillo.installation import is_sandbox, message_gateway
from sigillo.journal.record import record
from sigillo.messages.contents import address_of, text_of
from sigillo.messages.models import Message
from sigillo.queue.port import enqueue
from sigillo.transactions.deadlines import Retries

Status = Message.Status
RETRIES = Retries(
    waits=(5.0, 20.0, 60.0, 180.0, 600.0, 1800.0), attempt_seconds=SEND_SECONDS, patience_seconds=2 * 3600.0
)
"""No gateway says whether it failed for good, so everything is tried again, as long as the message has not expired."""
MAX_ATTEMPTS = len(RETRIES.waits) + 1
NO_GATEWAY, EXPIRED, GAVE_UP = "no_gateway", "expired", "gave_up"

log = logging.getLogger("sigillo.messages")


def deliver_message(message_id: UUID) -> None:
    """Take one message as far as it goes: sent, kept, failed, or set down for another attempt.

    Runs at least once, and again after a crash. A worker that dies between the gateway's word and the commit has the
    message sent twice; one that was committed is never sent again.
    """
    message = _claim(message_id)
    if message is None:
        return
    if message.expires is not None and message.expires <= now():
        _end(message, Status.FAILED, cause=EXPIRED)
    elif message.attempts > MAX_ATTEMPTS:  # workers died with it, one after the other
        _end(message, Status.FAILED, cause=GAVE_UP)
    else:
        _deliver(message)


def _claim(message_id: UUID) -> Message | None:
    """Count this attempt before it begins; None where the message is not due, done, or in other hands.

    It is ours for as long as a job may take, which ends before the queue runs the job again.
    """
    moment, term = now(), timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS * 3 // 4)
    due = Message.objects.filter(id=message_id, status=Status.WAITING, next_attempt_at__lte=moment)
    if not due.update(attempts=F("attempts") + 1, next_attempt_at=moment + term):
        return None
    return Message.objects.select_related("organization").get(id=message_id)


def _deliver(message: Message) -> None:
    gateway = message_gateway(message.channel)
    if gateway:
        sending = send(
            gateway, address_of(message), _subject(message), text_of(message) or "", seconds=RETRIES.attempt_seconds
        )
        if sending is Sending.SENT:
            _end(message, Status.SENT)
        else:
            _retry_or_fail(message, sending.value)
    elif is_sandbox():
        _end(message, Status.KEPT)
    else:
        _retry_or_fail(message, NO_GATEWAY)


def _subject(message: Message) -> str:
    """A text message has none: gateways would put it before the text."""
    return message.subject if message.channel == Message.Channel.EMAIL else ""


def _retry_or_fail(message: Message, cause: str) -> None:
    log.warning("message %s was not sent by %s: %s", message.id, message.channel, cause)
    moment = now()
    wait = RETRIES.next_wait(message.attempts, moment - message.created)
    if wait is None or (message.expires is not None and message.expires <= moment + wait):
        _end(message, Status.FAILED, cause=cause)
        return
    with transaction.atomic():
        if Message.objects.filter(id=message.id, status=Status.WAITING).update(next_attempt_at=moment + wait):
            enqueue("deliver_message", message.id, after=wait)


def _end(message: Message, status: Message.Status, **why: str) -> None:
    """Write down what became of it. Outside of the sandbox nobody needs the text any more, so it goes."""
    changes: dict[str, object] = {"status": status, "next_attempt_at": None}
    if not is_sandbox():
        changes["sealed_text"] = ""
    names = {"message": str(message.id), "about": message.kind, "channel": message.channel}
    facts = {**names, "attempts": message.attempts, **why}
    with transaction.atomic():
        if Message.objects.filter(id=message.id, status=Status.WAITING).update(**changes):
            record(about_organization(message.organization), f"message.{status.value}", actor=WORKER, data=facts)


def resume_messages(overdue: timedelta) -> int:
    """Queue again every message that should have been taken up `overdue` ago and was not; how many there were.

    It ends: every attempt is counted, and after MAX_ATTEMPTS the message has failed.
    """
    due = Message.objects.filter(status=Status.WAITING, next_attempt_at__lt=now() - overdue)
    keys = list(due.values_list("id", flat=True)[:1000])
    for key in keys:
        with transaction.atomic():
            if Message.objects.filter(id=key, status=Status.WAITING).update(next_attempt_at=now()):
                enqueue("deliver_message", key)
    return len(keys)
