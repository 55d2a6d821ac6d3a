"""A worker calls for a document's bytes and keeps them, or sets the call down for another attempt.

While bytes are waited for, no row is touched, so that many attempts at once need few connections to the database.
"""

from collections.abc import Callable
from datetime import timedelta
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.db import transaction

from sigillo.base.clock import now
from sigillo.blobs.types import Stored
from sigillo.documents import store
from sigillo.documents.fetch_options import FetchOptions, options_from
from sigillo.documents.fetching import fetch_document as download
from sigillo.flows.claim_document import Claim, Desk, hold, refuse, set_down
from sigillo.flows.create_token import http_options_of
from sigillo.flows.sources import source_of
from sigillo.flows.voice import WORKER, about_transaction
from sigillo.installation import is_sandbox, outbound
from sigillo.journal.models import Event
from sigillo.journal.record import record
from sigillo.outbound.errors import OutboundError, OutboundFailed
from sigillo.queue.port import enqueue
from sigillo.transactions.deadlines import PRODUCTION, SANDBOX, Retries
from sigillo.transactions.models import Document
from sigillo.transactions.moves import is_awaited, lock_transaction
from sigillo.transactions.states import CancelReason

SPOOL_BYTES = 512 * 1024
"""What one download holds in memory; what is more goes to a temporary file."""
FETCH_FAILED = "document.fetch_failed"

Room = Callable[[int], bool]
"""Asked for every piece that arrives: whether so many more bytes may be kept until the document is stored."""


def fetch_document(claim: Claim, desk: Desk, room: Room) -> bool:
    """One attempt at a document's bytes: whether they are here now. If not it is tried again, or refused.

    Waits outside of the desk, for `retries().attempt_seconds` at most. With the bytes the claim goes on: to the
    intake, or to `set_down`, which leaves that to a job.
    """
    with desk():
        if _refuse_late(claim):
            return False
        source = source_of(claim.document)
        options = options_from(http_options_of(claim.document.transaction.credential_id), source.options)
    try:
        stored = _bring(source.uri, options, room)
    except OutboundError as error:
        with desk():
            _retry_or_refuse(claim, error)
        return False
    with desk():
        return _keep(claim, stored)


def retries() -> Retries:
    """How often this installation tries a download again, and how long one may take."""
    return SANDBOX if is_sandbox() else PRODUCTION


def _refuse_late(claim: Claim) -> bool:
    """Refuse what failed before and had to wait for this attempt beyond the time for all; whether it was so.

    A first attempt is made however late it is, and so is one after an attempt that did not fail but was cut off.
    """
    document, last = claim.document, claim.attempt - 1
    if not retries().are_over(now() - document.transaction.created):
        return False
    facts = {"data__document": str(document.id), "data__attempt": last}
    failed = Event.objects.filter(chain__subject_id=document.transaction_id, kind=FETCH_FAILED, **facts).first()
    if failed is None:
        return False
    detail = f"The document did not come in the attempts so far ({last}), and the time for more is over."
    refuse(claim, CancelReason.CANNOT_DOWNLOAD, failed.data["code"], detail)
    return True


def _bring(uri: str, options: FetchOptions, room: Room) -> Stored:
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:

        def take(piece: bytes) -> None:
            if not room(len(piece)):
                message = "Too many bytes were on their way for this organization at once; send fewer at a time."
                raise OutboundFailed("download_crowded", message, permanent=False)
            spool.write(piece)

        download(
            outbound(),
            uri,
            options,
            max_bytes=settings.SIGILLO_MAX_DOCUMENT_BYTES,
            total_seconds=retries().attempt_seconds,
            sink=take,
        )
        return store.keep_file(spool)


def _keep(claim: Claim, stored: Stored) -> bool:
    """Name the bytes that are stored, and say whether that was news: of two attempts that overlapped, one counts."""
    with transaction.atomic():
        row = lock_transaction(claim.document.transaction_id)
        missing = row.documents.filter(id=claim.document.id, source_digest="")
        if not is_awaited(row):
            return False
        if not missing.update(source_digest=stored.digest, source_size=stored.size):
            return False
    claim.document.source_digest, claim.document.source_size = stored.digest, stored.size
    return True


def _retry_or_refuse(claim: Claim, error: OutboundError) -> None:
    elapsed = now() - claim.document.transaction.created
    wait = None if error.permanent else retries().next_wait(claim.attempt, elapsed)
    if wait is None:
        refuse(claim, CancelReason.CANNOT_DOWNLOAD, error.code, error.message)
        return
    with transaction.atomic():
        row = hold(claim)
        if row is not None:
            set_down(claim, after=wait)
            facts = {"document": str(claim.document.id), "attempt": claim.attempt, "code": error.code}
            record(about_transaction(row), FETCH_FAILED, actor=WORKER, data=facts)


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
