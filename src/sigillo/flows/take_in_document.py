"""A document whose bytes are here is read by a limited child, and opens its transaction once all are in."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from sigillo.documents import store
from sigillo.documents.intake import Inspection, inspect_document, looks_like_pdf
from sigillo.engine.errors import Protected, Refusal, Unreadable
from sigillo.engine.position import parse_position
from sigillo.engine.types import Placement
from sigillo.flows.claim_document import Claim, Desk, claim_intake, refuse
from sigillo.flows.profiles import is_enveloping
from sigillo.flows.voice import WORKER, about_transaction, say_signatures, say_transaction
from sigillo.journal.record import record
from sigillo.queue.port import withdraw
from sigillo.transactions.models import Document, Revision, Signature
from sigillo.transactions.moves import is_awaited, lock_transaction, move_transaction, open_signatures
from sigillo.transactions.states import CancelReason, TransactionStatus


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept of an inspection; `pages` is None for what is no PDF, or none that can be read."""

    pages: int | None
    warnings: tuple[str, ...]


def take_in_document(document_id: UUID) -> None:
    """Accept or refuse one document whose bytes are here; nothing where they are not, or where it is done."""
    claim = claim_intake(document_id)
    if claim is not None:
        take_in(claim, nullcontext)


def take_in(claim: Claim, desk: Desk) -> None:
    """Accept or refuse a claimed document whose bytes are here.

    Runs at least once, and again after a crash: everything before the last step only reads, and the last step does
    nothing where it finds itself done.
    """
    with desk():
        signatures = list(Signature.objects.filter(document=claim.document))
    try:
        inspection = _inspect(claim.document, signatures)
    except Refusal as error:
        reason = CancelReason.PROTECTED if isinstance(error, Protected) else CancelReason.INVALID
        with desk():
            refuse(claim, reason, error.code, error.message)
        return
    with desk():
        _accept(claim, inspection)


def _inspect(document: Document, signatures: Sequence[Signature]) -> Inspected:
    if document.source_size == 0:
        raise Unreadable("empty_document", "The document is empty; hand over one that is not.")
    inspection = _first_look(document) or _look(document.source_digest, signatures)
    if inspection.warnings and document.transaction.organization.strict_intake:
        raise Unreadable(
            f"strict_{inspection.warnings[0]}",
            f"The organization refuses documents with {', '.join(inspection.warnings)}; hand over one without.",
        )
    return inspection


def _first_look(document: Document) -> Inspected | None:
    """What was found while the caller still listened (`create_transaction`); None if nothing was."""
    return Inspected(document.pages, tuple(document.warnings)) if document.pages is not None else None


def _look(digest: str, signatures: Sequence[Signature]) -> Inspected:
    """Have the child read it. What every signature is to be around may be any file, and is looked at for what it is."""
    placements = [placement for signature in signatures if (placement := placement_of(signature))]
    with store.local_file(digest) as path:
        if not all(is_enveloping(signature.profile) for signature in signatures):
            return _inspected(inspect_document(path, placements))
        try:
            return _inspected(inspect_document(path, ())) if looks_like_pdf(path) else Inspected(None, ())
        except Refusal:
            return Inspected(None, ())


def _inspected(inspection: Inspection) -> Inspected:
    return Inspected(inspection.pages, inspection.warnings)


def placement_of(signature: Signature) -> Placement | None:
    """Where a signature is seen on its document; None for an invisible one."""
    if not signature.where_position:
        return None
    return Placement(page=signature.where_page or 1, rect=parse_position(signature.where_position))


def _accept(claim: Claim, inspection: Inspected) -> None:
    document = claim.document
    with transaction.atomic():
        row = lock_transaction(document.transaction_id)
        if not is_awaited(row):
            return
        accepted = Document.objects.filter(id=document.id, ready=False).update(
            ready=True, head=1, pages=inspection.pages, warnings=list(inspection.warnings), next_attempt_at=None
        )
        if not accepted:
            return
        withdraw(claim.next_job)
        digest, size = document.source_digest, document.source_size
        Revision.objects.create(document=document, number=1, digest=digest, size=size)
        facts = {"document": str(document.id), "digest": digest, "size": size}
        record(about_transaction(row), "document.accepted", actor=WORKER, data=facts)
        if not row.documents.filter(ready=False).exists():
            move_transaction(row, TransactionStatus.PENDING)
            say_transaction(row, actor=WORKER)
            say_signatures(row, open_signatures(row), actor=WORKER)
