"""Rows of transactions, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from sigillo.base.errors import NotFound
from sigillo.organizations.conditions import Condition, any_of, there_is
from sigillo.organizations.models import Group
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Document, Signature, Transaction
from sigillo.transactions.states import SignatureStatus


def visible_transactions(principal: Principal, *, own_only: bool) -> QuerySet[Transaction]:
    """The transactions of the principal's organization, without deleted ones.

    With `own_only`, those that it created, signs in, or may sign in for a group.
    """
    rows = Transaction.objects.filter(organization_id=principal.organization_id, deleted_at=None)
    if own_only:
        signatures = Signature.objects.filter(transaction=OuterRef("pk"))
        signs = Exists(signatures.filter(signer_id=principal.user_id))
        may = Exists(signatures.filter(signer=None, signer_group__memberships__user_id=principal.user_id))
        rows = rows.filter(Q(created_by_id=principal.user_id) | signs | may)
    return rows


def own_transactions(principal: Principal) -> Condition:
    """What a list of the principal's own transactions must meet: the same as `visible_transactions` with `own_only`."""
    created = Transaction.objects.filter(organization_id=principal.organization_id, created_by_id=principal.user_id)
    signatures = Signature.objects.filter(organization_id=principal.organization_id)
    signs = signatures.filter(signer_id=principal.user_id)
    may = signatures.filter(signer=None, signer_group__memberships__user_id=principal.user_id)
    here = {"transaction": OuterRef("pk")}
    return Condition(
        any_of(created.values("pk"), signs.values("transaction"), may.values("transaction")),
        tested=Q(created_by_id=principal.user_id) | there_is(signs.filter(**here)) | there_is(may.filter(**here)),
    )


def with_parts(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """The same rows with everything that a full answer shows, in a constant number of queries."""
    return rows.select_related("organization", "created_by").prefetch_related("documents", "signatures__signer")


def access_transaction(principal: Principal, transaction_id: UUID, *, own_only: bool) -> Transaction:
    """One transaction with all its parts.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    row = with_parts(visible_transactions(principal, own_only=own_only)).filter(id=transaction_id).first()
    if row is None:
        raise NotFound("transaction_not_found", "There is no such signature transaction; check its id.")
    return row


def access_document(principal: Principal, document_id: UUID, *, own_only: bool) -> Document:
    """One document of a transaction that the principal may see.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    visible = visible_transactions(principal, own_only=own_only)
    row = Document.objects.select_related("transaction").filter(id=document_id, transaction__in=visible).first()
    if row is None:
        raise NotFound("document_not_found", "There is no such document; check its id.")
    return row


def access_document_at(principal: Principal, transaction_id: UUID, order: int, *, own_only: bool) -> Document:
    """The document at an index, from 0, of a transaction that the principal may see.

    Raises:
        NotFound: there is no such transaction for this principal, or no such document in it.
    """
    visible = visible_transactions(principal, own_only=own_only).filter(id=transaction_id)
    row = Document.objects.select_related("transaction").filter(order=order, transaction__in=visible).first()
    if row is None:
        raise NotFound("document_not_found", "There is no such document; check the transaction's id and the index.")
    return row


def access_signature(principal: Principal, signature_id: UUID, *, own_only: bool) -> Signature:
    """One signature of a transaction that the principal may see.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    visible = visible_transactions(principal, own_only=own_only)
    rows = Signature.objects.select_related("document", "transaction__organization", "signer", "signer_group")
    row = rows.filter(id=signature_id, transaction__in=visible).first()
    if row is None:
        raise NotFound("signature_not_found", "There is no such signature; check its id.")
    return row


def is_awaited(group: Group) -> bool:
    """Whether a signature is still due from a group."""
    open_states = (SignatureStatus.WAITING.value, SignatureStatus.PENDING.value)
    due = Signature.objects.filter(signer_group=group, status__in=open_states, transaction__deleted_at=None)
    return due.exists()
