"""What time and crashes leave to do: close intents, expire transactions, resume downloads, sweep orphans."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from sigillo.base.clock import now
from sigillo.flows.deliver_message import resume_messages
from sigillo.flows.end_transaction import expire_transaction
from sigillo.flows.fetch_document import resume_fetches
from sigillo.flows.sign import close_attempt
from sigillo.flows.voice import WORKER
from sigillo.identities.models import Identity
from sigillo.installation import blobs
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from sigillo.transactions.moves import lock_transaction
from sigillo.transactions.states import TransactionStatus, is_ended

log = logging.getLogger("sigillo.upkeep")

ORPHAN_AGE = timedelta(hours=1)
BATCH = 500


def recover() -> int:
    """Close every intent whose lease ran out; queue again downloads and messages that nobody took up; how many.

    After it, an interrupted signature is pending with its intent closed: it can be made again at once.
    """
    overdue = Signature.objects.filter(attempt_until__lt=now()).values_list("id", "attempt")[:BATCH]
    closed = sum(apart(_close_one, key, attempt) for key, attempt in overdue if attempt)
    overdue_jobs = timedelta(seconds=4 * settings.SIGILLO_JOB_RETRY_SECONDS)
    return closed + resume_fetches(overdue_jobs) + resume_messages(overdue_jobs)


def _close_one(key: UUID, attempt: UUID) -> bool:
    return close_attempt(key, attempt, actor=WORKER)


def expire() -> int:
    """End every transaction whose deadline has passed; how many there were."""
    open_states = (TransactionStatus.WAITING.value, TransactionStatus.PENDING.value)
    overdue = Transaction.objects.filter(status__in=open_states, not_after__lt=now(), deleted_at=None)
    keys = overdue.values_list("id", flat=True)[:BATCH]
    return sum(apart(_expire_one, key) for key in keys)


def _expire_one(key: UUID) -> bool:
    with transaction.atomic():
        row = lock_transaction(key)
        if row.deleted_at is not None or is_ended(TransactionStatus(row.status)):
            return False
        expire_transaction(row, actor=WORKER)
    return True


def apart(step: Callable[..., bool], *arguments: object) -> bool:
    """One step of upkeep, so that a row with a fault of its own does not keep the others waiting; the log names it."""
    try:
        return step(*arguments)
    except Exception:
        log.exception("upkeep of %s failed", arguments[0])
        return False


def sweep() -> int:
    """Remove stored bytes that no row speaks of and that are older than an hour; how many there were."""

    def referenced(digests: Sequence[str]) -> set[str]:
        revisions = Revision.objects.filter(digest__in=digests).values_list("digest", flat=True)
        sources = Document.objects.filter(source_digest__in=digests).values_list("source_digest", flat=True)
        pictures = Identity.objects.filter(appearance_digest__in=digests).values_list("appearance_digest", flat=True)
        return {*revisions, *sources, *pictures}

    return blobs().sweep(referenced, now=now(), older_than=ORPHAN_AGE)
