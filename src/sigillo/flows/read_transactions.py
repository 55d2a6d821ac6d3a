"""Looking at transactions: one, or a page of those that a caller may see."""

from dataclasses import replace
from uuid import UUID

from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, total
from sigillo.transactions.access import access_transaction, own_transactions, visible_transactions, with_parts
from sigillo.transactions.models import Transaction

NEWEST_FIRST = ("-created", "id")


def read_transaction(principal: Principal, transaction_id: UUID) -> Transaction:
    """One transaction with its documents and signatures.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    scope = check_permission(principal, Verb.READ_TRANSACTION)
    return access_transaction(principal, transaction_id, own_only=scope is Scope.OWN)


def list_transactions(principal: Principal, listing: Listing) -> Listed[Transaction]:
    """A page of the transactions that the principal may see.

    Raises:
        NotFound: the page is past the end; an empty list still has its first page.
    """
    rows = with_parts(visible_transactions(principal, own_only=False))
    if check_permission(principal, Verb.READ_TRANSACTION) is Scope.OWN:
        own = replace(listing, conditions=[own_transactions(principal), *listing.conditions])
        return take_page(rows, own, order=NEWEST_FIRST)
    return take_page(
        rows, listing, order=NEWEST_FIRST, count=lambda: total(principal.organization_id, Counted.TRANSACTIONS)
    )
