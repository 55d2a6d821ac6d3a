"""Rows of transactions, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from sigillo.base.errors import NotFound
from sigillo.organizations.conditions import Condition, any_of, there_is
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Document, Signature, Transaction


def visible_transactions(principal: Principal, *, own_only: bool) -> QuerySet[Transaction]:
    """The transactions of the principal's organization; with `own_only`, those it created or signs in."""
    rows = Transaction.objects.filter(organization_id=principal.organization_id)
    if own_only:
        signs = Signature.objects.filter(transaction=OuterRef("pk"), signer_id=principal.user_id)
        rows = rows.filter(Q(created_by_id=principal.user_id) | Exists(signs))
    return rows


def own_transactions(principal: Principal) -> Condition:
    """That a transaction was created by the principal, or is signed by it: what a list of its own must meet."""
    created = Transaction.objects.filter(organization_id=principal.organization_id, created_by_id=principal.user_id)
    signs = Signature.objects.filter(organization_id=principal.organization_id, signer_id=principal.user_id)
    return Condition(
        any_of(created.values("pk"), signs.values("transaction")),
        tested=Q(created_by_id=principal.user_id) | there_is(signs.filter(transaction=OuterRef("pk"))),
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


def access_signature(principal: Principal, signature_id: UUID, *, own_only: bool) -> Signature:
    """One signature of a transaction that the principal may see.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    visible = visible_transactions(principal, own_only=own_only)
    rows = Signature.objects.select_related("document", "transaction__organization", "signer")
    row = rows.filter(id=signature_id, transaction__in=visible).first()
    if row is None:
        raise NotFound("signature_not_found", "There is no such signature; check its id.")
    return row
