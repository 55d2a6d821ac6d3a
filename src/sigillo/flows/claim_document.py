"""A document on its way in is worked at by one at a time: whoever finds it due claims it until a lease ends.

A claim is counted, makes the document due again when the lease ends, and queues the next job for that moment, in one
commit: whoever dies with it leaves all of that behind. What comes of the attempt brings this job forward, or
withdraws it. Documents without bytes are due for a download, those with bytes for the intake.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from sigillo.base.clock import now
from sigillo.flows.end_transaction import refuse_documents
from sigillo.flows.voice import WORKER
from sigillo.queue.port import bring_forward, enqueue, withdraw
from sigillo.transactions.models import Document, Transaction
from sigillo.transactions.moves import is_awaited, lock_transaction
from sigillo.transactions.states import CancelReason, TransactionStatus

MAX_ATTEMPTS = 12
"""Of one document, whatever ended them: failed downloads, killed workers, faults of ours."""
GAVE_UP = (
    CancelReason.CANNOT_DOWNLOAD,
    "intake_gave_up",
    f"The document could not be taken in after {MAX_ATTEMPTS} attempts; hand it over again, or ask the operator why.",
)
_NOW = timedelta(0)

Desk = Callable[[], AbstractContextManager[object]]
"""Entered around every use of rows, and never while something else is waited for."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at one document: its row as it was claimed, and the job that is queued for the end of the lease."""

    document: Document
    next_job: int

    @property
    def attempt(self) -> int:
        """Which one of this document's it is, from 1."""
        return self.document.fetch_attempts

    @property
    def organization_id(self) -> UUID:
        """Whose document it is."""
        return self.document.transaction.organization_id


def next_download(passed_over: Collection[UUID] = ()) -> UUID | None:
    """The document that has been due for a download longest, but none of the organizations to be passed over."""
    due = _due().filter(source_digest="").exclude(transaction__organization__in=passed_over)
    return due.order_by("next_attempt_at").values_list("id", flat=True).first()


def claim_download(document_id: UUID) -> Claim | None:
    """Claim a document for a download; None where it is not due for one, or somebody else was faster."""
    return _claim(_due().filter(id=document_id, source_digest=""))


def claim_intake(document_id: UUID) -> Claim | None:
    """Claim a document whose bytes are here; None where it is not due for that, or somebody else was faster."""
    return _claim(_due().filter(id=document_id).exclude(source_digest=""))


def _due() -> QuerySet[Document]:
    return Document.objects.filter(
        ready=False,
        next_attempt_at__lte=now(),
        transaction__status=TransactionStatus.WAITING.value,
        transaction__deleted_at=None,
    )


def _claim(due: QuerySet[Document]) -> Claim | None:
    document = due.select_related("transaction__organization").first()
    if document is None:
        return None
    lease = timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS)
    # By the columns of the row alone: what a join said before another claim's commit would still hold after it.
    unclaimed = Document.objects.filter(id=document.id, ready=False, fetch_attempts=document.fetch_attempts)
    document.fetch_attempts += 1
    with transaction.atomic():
        if not unclaimed.update(fetch_attempts=document.fetch_attempts, next_attempt_at=now() + lease):
            return None
        claim = Claim(document, enqueue("fetch_document", document.id, after=lease))
    if claim.attempt > MAX_ATTEMPTS:
        refuse(claim, *GAVE_UP)
        return None
    return claim


def hold(claim: Claim) -> Transaction | None:
    """The transaction, locked, for a claim's outcome; None where that is no news any more.

    The transaction has ended meanwhile, or the lease has, and another attempt has begun or brought the bytes.
    """
    row = lock_transaction(claim.document.transaction_id)
    as_claimed = {"fetch_attempts": claim.attempt, "source_digest": claim.document.source_digest, "ready": False}
    here = is_awaited(row) and row.documents.filter(id=claim.document.id, **as_claimed).exists()
    return row if here else None


def set_down(claim: Claim, *, after: timedelta = _NOW) -> None:
    """End a claim: the document is due when `after` has passed, and its next job runs then."""
    with transaction.atomic():
        Document.objects.filter(id=claim.document.id, ready=False).update(next_attempt_at=now() + after)
        if not bring_forward(claim.next_job, after=after):  # the lease ended, and it ran for nothing
            enqueue("fetch_document", claim.document.id, after=after)


def refuse(claim: Claim, reason: CancelReason, code: str, detail: str) -> None:
    """End the transaction of a document that cannot be signed, unless this is no news any more."""
    with transaction.atomic():
        row = hold(claim)
        if row is not None:
            row.documents.update(next_attempt_at=None)
            refuse_documents(row, reason, code, detail, actor=WORKER)
            withdraw(claim.next_job)
