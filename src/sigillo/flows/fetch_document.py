"""A worker gets a document's bytes, has a limited child read them, and opens the transaction once all are in."""

from dataclasses import dataclass
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from sigillo.base.clock import now
from sigillo.blobs.types import Stored
from sigillo.documents import store
from sigillo.documents.fetch_options import options_from
from sigillo.documents.fetching import fetch_document as download
from sigillo.documents.intake import inspect_document
from sigillo.engine.errors import Protected, Refusal, Unreadable
from sigillo.engine.position import parse_position
from sigillo.engine.types import Placement
from sigillo.flows.create_token import http_options_of
from sigillo.flows.end_transaction import refuse_documents
from sigillo.flows.sources import source_of
from sigillo.flows.voice import WORKER, about_transaction, say_signatures, say_transaction
from sigillo.installation import is_sandbox, outbound
from sigillo.journal.record import record
from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.queue.port import enqueue
from sigillo.transactions.deadlines import PRODUCTION, SANDBOX, Retries
from sigillo.transactions.models import Document, Revision, Signature
from sigillo.transactions.moves import is_awaited, lock_transaction, move_transaction, open_signatures
from sigillo.transactions.states import CancelReason, TransactionStatus

SPOOL_BYTES = 8 * 1024 * 1024
MAX_ATTEMPTS = 12
"""Of one document, whatever ended them: failed downloads, killed workers, faults of ours."""
GAVE_UP = (
    CancelReason.CANNOT_DOWNLOAD,
    "intake_gave_up",
    f"The document could not be taken in after {MAX_ATTEMPTS} attempts; hand it over again, or ask the operator why.",
)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept of an inspection."""

    pages: int
    warnings: tuple[str, ...]


def fetch_document(document_id: UUID) -> None:
    """Take one document as far as it goes: accepted, refused, or set down for another attempt.

    Runs at least once, and again after a crash: everything before the last step only adds blobs, and the last
    step does nothing where it finds itself done.
    """
    document = _claim(document_id)
    if document is None:
        return
    if document.fetch_attempts > MAX_ATTEMPTS:
        _refuse(document, *GAVE_UP)
        return
    try:
        stored = _bytes_of(document)
    except OutboundRefused as error:
        _refuse(document, CancelReason.CANNOT_DOWNLOAD, error.code, error.message)
        return
    except OutboundFailed as error:
        _retry_or_refuse(document, error)
        return
    try:
        inspection = _inspect(document, stored)
    except Refusal as error:
        reason = CancelReason.PROTECTED if isinstance(error, Protected) else CancelReason.INVALID
        _refuse(document, reason, error.code, error.message)
        return
    _accept(document, stored, inspection)


def _claim(document_id: UUID) -> Document | None:
    """Count this attempt before it begins, so that one which brings the worker down is counted too; None if not due."""
    document = Document.objects.select_related("transaction__organization").filter(id=document_id).first()
    if document is None or document.ready or not is_awaited(document.transaction):
        return None
    claimed = Document.objects.filter(id=document_id, ready=False).update(
        fetch_attempts=F("fetch_attempts") + 1,
        next_attempt_at=now() + timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS),
    )
    document.refresh_from_db(fields=("fetch_attempts",))
    return document if claimed else None


def retries() -> Retries:
    """How often this installation tries a download again, and how long one may take."""
    return SANDBOX if is_sandbox() else PRODUCTION


def _bytes_of(document: Document) -> Stored:
    if document.source_digest:
        return Stored(digest=document.source_digest, size=document.source_size)
    source = source_of(document)
    options = options_from(http_options_of(document.transaction.credential_id), source.options)
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:

        def take(piece: bytes) -> None:
            spool.write(piece)

        download(
            outbound(),
            source.uri,
            options,
            max_bytes=settings.SIGILLO_MAX_DOCUMENT_BYTES,
            total_seconds=retries().attempt_seconds,
            sink=take,
        )
        return store.keep_file(spool)


def _inspect(document: Document, stored: Stored) -> Inspected:
    if stored.size == 0:
        raise Unreadable("empty_document", "The document is empty; hand over a PDF file.")
    inspection = _first_look(document) or _look(document, stored)
    if inspection.warnings and document.transaction.organization.strict_intake:
        raise Unreadable(
            f"strict_{inspection.warnings[0]}",
            f"The organization refuses documents with {', '.join(inspection.warnings)}; hand over one without.",
        )
    return inspection


def _first_look(document: Document) -> Inspected | None:
    """What was found while the caller still listened (`create_transaction`); None if nothing was."""
    return Inspected(document.pages, tuple(document.warnings)) if document.pages is not None else None


def _look(document: Document, stored: Stored) -> Inspected:
    signatures = Signature.objects.filter(document=document).exclude(where_position="")
    placements = [placement_of(signature) for signature in signatures]
    with store.local_file(stored.digest) as path:
        inspection = inspect_document(path, [placement for placement in placements if placement])
    return Inspected(inspection.pages, inspection.warnings)


def placement_of(signature: Signature) -> Placement | None:
    """Where a signature is seen on its document; None for an invisible one."""
    if not signature.where_position:
        return None
    return Placement(page=signature.where_page or 1, rect=parse_position(signature.where_position))


def _accept(document: Document, stored: Stored, inspection: Inspected) -> None:
    with transaction.atomic():
        row = lock_transaction(document.transaction_id)
        if not is_awaited(row):
            return
        accepted = Document.objects.filter(id=document.id, ready=False).update(
            ready=True,
            head=1,
            pages=inspection.pages,
            warnings=list(inspection.warnings),
            source_digest=stored.digest,
            source_size=stored.size,
            next_attempt_at=None,
        )
        if not accepted:
            return
        Revision.objects.create(document=document, number=1, digest=stored.digest, size=stored.size)
        facts = {"document": str(document.id), "digest": stored.digest, "size": stored.size}
        record(about_transaction(row), "document.accepted", actor=WORKER, data=facts)
        if not row.documents.filter(ready=False).exists():
            move_transaction(row, TransactionStatus.PENDING)
            say_transaction(row, actor=WORKER)
            say_signatures(row, open_signatures(row), actor=WORKER)


def _refuse(document: Document, reason: CancelReason, code: str, detail: str) -> None:
    with transaction.atomic():
        row = lock_transaction(document.transaction_id)
        if is_awaited(row):
            row.documents.update(next_attempt_at=None)
            refuse_documents(row, reason, code, detail, actor=WORKER)


def _retry_or_refuse(document: Document, error: OutboundFailed) -> None:
    attempts, elapsed = document.fetch_attempts, now() - document.transaction.created
    wait = None if error.permanent else retries().next_wait(attempts, elapsed)
    if wait is None:
        _refuse(document, CancelReason.CANNOT_DOWNLOAD, error.code, error.message)
        return
    with transaction.atomic():
        row = lock_transaction(document.transaction_id)
        if not is_awaited(row):
            return
        Document.objects.filter(id=document.id).update(next_attempt_at=now() + wait)
        facts = {"document": str(document.id), "attempt": attempts, "code": error.code}
        record(about_transaction(row), "document.fetch_failed", actor=WORKER, data=facts)
        enqueue("fetch_document", document.id, after=wait)


def resume_fetches(overdue: timedelta) -> int:
    """Queue again every fetch that should have run `overdue` ago and did not; how many there were.

    The queue itself re-runs what a dead worker held; this is for what the queue gave up. It ends: every attempt is
    counted, and after MAX_ATTEMPTS the document is refused.
    """
    limit = now() - overdue
    due = Document.objects.filter(ready=False, next_attempt_at__lt=limit, transaction__status="waiting")
    keys = list(due.values_list("id", flat=True)[:1000])
    for key in keys:
        with transaction.atomic():
            Document.objects.filter(id=key).update(next_attempt_at=now())
            enqueue("fetch_document", key)
    return len(keys)
