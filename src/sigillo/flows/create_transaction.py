"""A program hands over documents and says who signs them, where and in which order."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.base.ids import new_id
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.documents import store
from sigillo.documents.data_uri import decode_data_uri
from sigillo.documents.fetch_options import options_from
from sigillo.engine.position import parse_position
from sigillo.flows.create_token import http_options_of
from sigillo.flows.uri_options import seal_uri_options
from sigillo.flows.voice import actor, say_transaction
from sigillo.organizations.access import get_own, get_users
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal
from sigillo.queue.port import enqueue
from sigillo.transactions.constraints import check_constraints
from sigillo.transactions.deadlines import add_months
from sigillo.transactions.models import Document, Signature, Transaction

PROFILES = ("pades-bes",)


@dataclass(frozen=True, slots=True)
class NewSignature:
    """One signature as the caller asks for it. `position` is the contract's `rect: …` with units."""

    signer: str
    profile: str = "pades-bes"
    display_name: str = ""
    reason: str = ""
    description: str = ""
    declinable: bool = True
    urlback: str = ""
    page: int | None = None
    position: str = ""
    constraints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One document: where its bytes come from, and its groups of signatures in order."""

    document_uri: str
    groups: Sequence[Sequence[NewSignature]]
    display_name: str = ""
    document_uri_options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction as the caller asks for it; without `not_after` the organization's default applies."""

    documents: Sequence[NewDocument]
    title: str = ""
    not_after: datetime | None = None
    urlback: str = ""
    template_name: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a document's bytes come from, after the request was read."""

    uri: str
    digest: str = ""
    size: int = 0


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
    for path, document in _documents(new):
        _check_document(path, document, principal)
    sources = [_take(path, document) for path, document in _documents(new)]
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
        for order, (document, source) in enumerate(zip(new.documents, sources, strict=True)):
            _store_document(row, order, document, source, signers)
        say_transaction(row, actor=actor(principal), data={"documents": len(sources)})
    return row.id


@contextmanager
def _at(path: str) -> Iterator[None]:
    """Have a refusal from below say where in the body the value stands."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.code, f"{path}: {error.message}") from None


def _documents(new: NewTransaction) -> list[tuple[str, NewDocument]]:
    return [(f"documents[{order}]", document) for order, document in enumerate(new.documents)]


def _signatures(new: NewTransaction) -> list[tuple[str, NewSignature]]:
    return [
        (f"{path}.groups[{group}][{position}]", signature)
        for path, document in _documents(new)
        for group, members in enumerate(document.groups)
        for position, signature in enumerate(members)
    ]


def _deadline(asked: datetime | None, organization: Organization) -> datetime:
    if asked is None:
        return add_months(now(), organization.dst_default_months)
    if asked <= now():
        raise Invalid("not_after_past", "not_after is in the past; give a moment that is still to come.")
    return asked


def _signers(principal: Principal, new: NewTransaction) -> dict[str, User]:
    if not new.documents:
        raise Invalid("no_documents", "documents is empty; give at least one document.")
    users = get_users(principal, {signature.signer for _, signature in _signatures(new)})
    for path, signature in _signatures(new):
        user = users.get(signature.signer)
        if user is None:
            raise Invalid("unknown_signer", f"{path}.signer: there is no user {signature.signer!r}; create it first.")
        if user.status != User.Status.ENABLED:
            raise Invalid("disabled_signer", f"{path}.signer: the user {signature.signer!r} is disabled.")
    return users


def _check_document(path: str, document: NewDocument, principal: Principal) -> None:
    if not document.groups or not all(document.groups):
        raise Invalid("no_signatures", f"{path}.groups needs at least one group, and each group a signature.")
    if not document.document_uri.lower().startswith(("http://", "https://", "data:")):
        raise Invalid("invalid_document_uri", f"{path}.document_uri must be an http, https or data address.")
    with _at(path):
        options_from(http_options_of(principal.credential_id), document.document_uri_options)
    for group, members in enumerate(document.groups):
        for position, signature in enumerate(members):
            _check_signature(f"{path}.groups[{group}][{position}]", signature)


def _check_signature(path: str, signature: NewSignature) -> None:
    if signature.profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise Invalid("unknown_profile", f"{path}.profile {signature.profile!r} is not available; use {known}.")
    check_constraints(f"{path}.constraints", signature.constraints)
    if signature.position:
        with _at(f"{path}.where.position"):
            parse_position(signature.position)


def _take(path: str, document: NewDocument) -> _Source:
    """Keep the bytes of a `data:` document; its payload is not kept as text, nor ever shown."""
    if document.document_uri[:5].lower() != "data:":
        if len(document.document_uri) > 4000:
            raise Invalid("invalid_document_uri", f"{path}.document_uri is longer than 4000 characters.")
        return _Source(uri=document.document_uri)
    with _at(f"{path}.document_uri"):
        media_type, content = decode_data_uri(document.document_uri, settings.SIGILLO_MAX_BODY_BYTES)
    stored = store.keep([content])
    return _Source(uri=f"data:{media_type}", digest=stored.digest, size=stored.size)


def _store_document(
    row: Transaction, order: int, new: NewDocument, source: _Source, signers: Mapping[str, User]
) -> None:
    key = new_id()
    document = Document.objects.create(
        id=key,
        transaction=row,
        order=order,
        display_name=new.display_name,
        document_uri=source.uri,
        source_digest=source.digest,
        source_size=source.size,
        sealed_uri_options=seal_uri_options(
            new.document_uri_options, organization_id=row.organization_id, document_id=key
        ),
        next_attempt_at=now(),
    )
    Signature.objects.bulk_create(
        Signature(
            transaction=row,
            document=document,
            group_index=group,
            position=position,
            signer=signers[signature.signer],
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
