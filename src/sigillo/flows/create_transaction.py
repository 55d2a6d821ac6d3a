"""A program hands over documents and says who signs them, where and in which order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.documents import store
from sigillo.documents.data_uri import data_uri_chunks
from sigillo.documents.intake import IntakeLimits, inspect_document
from sigillo.engine.errors import Refusal, Unplaceable
from sigillo.engine.inspect import Inspection
from sigillo.flows.create_token import http_options_of
from sigillo.flows.sources import Source, seal_source
from sigillo.flows.voice import actor, say_transaction
from sigillo.flows.wanted import (
    NewDocument,
    NewSignature,
    NewTransaction,
    Signers,
    at,
    check_wanted,
    documents_of,
    signatures_of,
)
from sigillo.organizations.access import get_groups, get_own, get_users
from sigillo.organizations.models import Organization
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.queue.port import enqueue
from sigillo.transactions.deadlines import add_months
from sigillo.transactions.models import Document, Signature, Transaction

__all__ = ["NewDocument", "NewSignature", "NewTransaction", "create_transaction"]

# A caller waits for this look, so it is shorter than the worker's; what it cannot finish is the worker's to judge.
FIRST_LOOK = IntakeLimits(cpu_seconds=2, wall_seconds=4)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A document after its address was read: for a `data:` one the bytes are stored, and perhaps inspected."""

    source: Source
    digest: str = ""
    size: int = 0
    inspection: Inspection | None = None


def create_transaction(principal: Principal, new: NewTransaction) -> UUID:
    """Store the transaction as `waiting` and have a worker fetch its documents; the new id.

    Bytes of `data:` documents are stored before the rows that speak of them.

    Raises:
        Invalid: a value is malformed or forbidden; the message names it by its path in the body.
    """
    check_permission(principal, Verb.CREATE_TRANSACTION)
    author = get_own(principal)
    not_after = _deadline(new.not_after, author.organization)
    signers = _signers(principal, new)
    check_wanted(new, signers, http_options_of(principal.credential_id))
    taken = [_take(path, document) for path, document in documents_of(new)]
    with transaction.atomic():
        row = Transaction.objects.create(
            organization=author.organization,
            created_by=author,
            credential_id=principal.credential_id,
            title=new.title,
            urlback=new.urlback,
            template_name=new.template_name,
            not_after=not_after,
        )
        for order, (document, source) in enumerate(zip(new.documents, taken, strict=True)):
            _store_document(row, order, document, source, signers)
        say_transaction(row, actor=actor(principal), data={"documents": len(taken)})
        count_in(row.organization_id, Counted.TRANSACTIONS)
    return row.id


def _deadline(asked: datetime | None, organization: Organization) -> datetime:
    if asked is None:
        if organization.dst_default_days:
            return now() + timedelta(days=organization.dst_default_days)
        return add_months(now(), organization.dst_default_months)
    if asked <= now():
        raise Invalid("not_after_past", "not_after is in the past; give a moment that is still to come.")
    return asked


def _signers(principal: Principal, new: NewTransaction) -> Signers:
    wanted = [signature for part in documents_of(new) for _, signature in signatures_of(*part)]
    return Signers(
        users=get_users(principal, {signature.signer for signature in wanted}),
        groups=get_groups(principal, {signature.signer_group for signature in wanted if signature.signer_group}),
    )


def _take(path: str, document: NewDocument) -> _Taken:
    """Keep the bytes of a `data:` document; its payload is not kept as text, nor ever shown."""
    if not document.is_data:
        return _Taken(Source(document.document_uri, document.document_uri_options))
    with at(f"{path}.document_uri"):
        media_type, chunks = data_uri_chunks(document.document_uri, settings.SIGILLO_MAX_BODY_BYTES)
        stored = store.keep(chunks)
    inspection = _first_look(path, document, stored.digest) if stored.size and document.is_pdf else None
    return _Taken(Source(f"data:{media_type}"), stored.digest, stored.size, inspection)


def _first_look(path: str, document: NewDocument, digest: str) -> Inspection | None:
    """Inspect bytes that are at hand, so that a place that is not on the page is refused while the caller listens.

    Anything else that is wrong with them is found again, and told, by the worker.
    """
    placed = [(place, signature.placement) for place, signature in signatures_of(path, document)]
    placements = [placement for _, placement in placed if placement]
    with store.local_file(digest) as file:
        try:
            return inspect_document(file, placements, FIRST_LOOK)
        except Unplaceable as error:
            raise Invalid(error.code, f"{path}: {error.message}") from None
        except Refusal:
            return None


def _store_document(row: Transaction, order: int, new: NewDocument, taken: _Taken, signers: Signers) -> None:
    key = new_id()
    document = Document.objects.create(
        id=key,
        organization=row.organization,
        transaction=row,
        order=order,
        display_name=new.display_name,
        sealed_source=seal_source(taken.source, organization_id=row.organization_id, document_id=key),
        source_digest=taken.digest,
        source_size=taken.size,
        pages=taken.inspection.pages if taken.inspection else None,
        warnings=list(taken.inspection.warnings) if taken.inspection else [],
        next_attempt_at=now(),
    )
    Signature.objects.bulk_create(
        Signature(
            organization=row.organization,
            transaction=row,
            document=document,
            group_index=group,
            position=position,
            signer=signers.users.get(signature.signer),
            signer_group=signers.groups.get(signature.signer_group),
            signer_group_name=signature.signer_group,
            profile=signature.profile,
            display_name=signature.display_name,
            reason=signature.reason,
            description=signature.description,
            declinable=signature.declinable,
            urlback=signature.urlback,
            where_page=signature.page,
            where_position=signature.position,
            constraints=dict(signature.constraints),
        )
        for group, members in enumerate(new.groups)
        for position, signature in enumerate(members)
    )
    enqueue("fetch_document", document.id)
