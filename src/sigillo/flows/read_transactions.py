"""Looking at transactions: one, or a page of those that a caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sigillo.base.errors import NotFound
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import Condition, access_transaction, meeting, visible_transactions, with_parts
from sigillo.transactions.models import Transaction

__all__ = ["Condition", "Listed", "Listing", "list_transactions", "read_transaction"]

DEFAULT_ORDER = ("-created", "id")


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a filtered list. `conditions` came through a closed map of attributes; all of them must hold."""

    conditions: Sequence[Condition] = ()
    order: Sequence[str] = ()
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of one page and how many there are on all pages."""

    rows: list[Transaction]
    total: int


def read_transaction(principal: Principal, transaction_id: UUID) -> Transaction:
    """One transaction with its documents and signatures.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    scope = check_permission(principal, Verb.READ_TRANSACTION)
    return access_transaction(principal, transaction_id, own_only=scope is Scope.OWN)


def list_transactions(principal: Principal, listing: Listing) -> Listed:
    """A page of the transactions that the principal may see.

    Raises:
        NotFound: the page is past the end; an empty list still has its first page.
    """
    scope = check_permission(principal, Verb.READ_TRANSACTION)
    rows = visible_transactions(principal, own_only=scope is Scope.OWN)
    for condition in listing.conditions:
        rows = meeting(rows, condition)
    total = rows.count()
    start = (listing.page - 1) * listing.size
    if start and start >= total:
        raise NotFound("page_not_found", f"There is no page {listing.page}; the list has {total} items.")
    ordered = rows.order_by(*listing.order, *DEFAULT_ORDER)
    return Listed(rows=list(with_parts(ordered)[start : start + listing.size]), total=total)
