"""A signature transaction with its documents, their groups and the signatures of each group."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import cast
from uuid import UUID

from msgspec import Struct

from sigillo.api.markdown import html_of
from sigillo.api.shapes.fields import Identifier, Moment, ReasonText, SignatureStatusText, TransactionStatusText
from sigillo.api.shapes.masks import masked_headers
from sigillo.api.shapes.moments import moment
from sigillo.flows.sources import Source, source_of
from sigillo.installation import public_url
from sigillo.transactions.models import Document, Signature, Transaction


class WhereShape(Struct):
    """A page, counted from 1, and a rectangle on it."""

    page: int
    position: str


class SignatureShape(Struct):
    """One signature that is due, open or done; `signer` is null until a member of the `signer_group` has signed."""

    id: Identifier
    signer: str | None
    signer_group: str | None
    signature_ticket: str
    automatic: bool
    decline_url: str
    description_html: str | None
    status: SignatureStatusText
    display_name: str
    profile: str
    reason: str | None
    description: str | None
    declinable: bool
    urlback: str | None
    where: WhereShape | None
    constraints: dict[str, str]
    declined: bool
    decline_reason: str | None


class UriOptionsShape(Struct, omit_defaults=True):
    """How a document is fetched; what was not given is left out."""

    method: str | None = None
    headers: dict[str, str] | None = None


class DocumentShape(Struct):
    """One document. `document` is where its newest bytes are downloaded; `warnings` name what is odd about it."""

    document_uri: str
    document_uri_options: UriOptionsShape
    document: str
    display_name: str | None
    groups: list[list[SignatureShape]]
    preview: str
    id: Identifier
    warnings: list[str]


class TransactionShape(Struct):
    """A signature transaction. `reason_code` and `reason_detail` say precisely why one was cancelled."""

    id: Identifier
    documents: list[DocumentShape]
    created_by: str
    status: TransactionStatusText
    created: Moment
    reason: ReasonText | None
    title: str | None
    not_after: Moment
    urlback: str | None
    template_name: str | None
    reason_detail: str | None
    reason_code: str | None


def transaction_shape(row: Transaction) -> TransactionShape:
    """A transaction that a flow returned with its parts."""
    slug = row.organization.slug
    parts: dict[UUID, list[Signature]] = {}
    for signature in row.signatures.all():
        parts.setdefault(signature.document_id, []).append(signature)
    documents = sorted(row.documents.all(), key=lambda document: document.order)
    return TransactionShape(
        id=str(row.id),
        documents=[_document(document, row, parts.get(document.id, [])) for document in documents],
        created_by=f"{row.created_by.handle}@{slug}",
        status=row.status,
        created=moment(row.created),
        reason=row.reason,
        title=row.title or None,
        not_after=moment(row.not_after),
        urlback=row.urlback or None,
        template_name=row.template_name or None,
        reason_detail=row.reason_detail or None,
        reason_code=row.reason_code or None,
    )


def _document(document: Document, row: Transaction, signatures: Iterable[Signature]) -> DocumentShape:
    slug = row.organization.slug
    document.transaction = row  # which is at hand already
    source = source_of(document)
    ordered = sorted(signatures, key=lambda signature: (signature.group_index, signature.position))
    groups = groupby(ordered, key=lambda signature: signature.group_index)
    return DocumentShape(
        document_uri=source.uri,
        document_uri_options=_options(source),
        document=public_url(f"/api/v1/{slug}/documents/{document.id}/download"),
        display_name=document.display_name or None,
        groups=[[_signature(signature, slug) for signature in members] for _, members in groups],
        preview=f"/pdfr/{row.id}/{document.order}/{{page}}.png?w={{width}}&h={{height}}",
        id=str(document.id),
        warnings=document.warnings,
    )


def _options(source: Source) -> UriOptionsShape:
    given = source.options
    headers = masked_headers(cast(Mapping[str, str], given["headers"])) if "headers" in given else None
    return UriOptionsShape(method=cast(str | None, given.get("method")), headers=headers)


def _signature(signature: Signature, slug: str) -> SignatureShape:
    signer = signature.signer
    return SignatureShape(
        id=str(signature.id),
        signer=signer.handle if signer else None,
        signer_group=signature.signer_group_name or None,
        signature_ticket=public_url(f"/{signature.ticket}/signature"),
        automatic=signer is not None and signer.automatic,
        decline_url=f"/api/v1/{slug}/signatures/{signature.id}/decline",
        description_html=html_of(signature.description) if signature.description else None,
        status=signature.status,
        display_name=signature.display_name or (signer.full_name if signer else signature.signer_group_name),
        profile=signature.profile,
        reason=signature.reason or None,
        description=signature.description or None,
        declinable=signature.declinable,
        urlback=signature.urlback or None,
        where=_where(signature),
        constraints=signature.constraints,
        declined=signature.declined,
        decline_reason=signature.decline_reason or None,
    )


def _where(signature: Signature) -> WhereShape | None:
    if not signature.where_position:
        return None
    return WhereShape(page=signature.where_page or 1, position=signature.where_position)
