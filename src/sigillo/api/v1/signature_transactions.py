"""Digital signature transactions."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import created, found, listed
from sigillo.api.bodies.transactions import TransactionBody
from sigillo.api.filters.lists import transactions
from sigillo.api.filters.reading import read_filters
from sigillo.api.pagination import pagination, read_page
from sigillo.api.query import read_query
from sigillo.api.reading import read_body
from sigillo.api.shapes.transactions import transaction_shape
from sigillo.api.values import read_identifier
from sigillo.flows.create_transaction import create_transaction
from sigillo.flows.read_transactions import Listing, list_transactions, read_transaction
from sigillo.organizations.principal import Principal


def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Hand over documents to be signed."""
    key = create_transaction(principal, read_body(request, TransactionBody).to_new())
    return created(transaction_shape(read_transaction(principal, key)))


def read(request: HttpRequest, principal: Principal, transaction: str) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """One transaction."""
    key = read_identifier("signature transaction", transaction)
    return found(transaction_shape(read_transaction(principal, key)))


def index(request: HttpRequest, principal: Principal) -> HttpResponse:
    """A page of those that the caller may see."""
    query = read_query(request)
    page = read_page(query)
    conditions, order = read_filters(query, transactions(principal.organization_slug))
    found_rows = list_transactions(
        principal, Listing(conditions=conditions, order=order, page=page.number, size=page.size)
    )
    shown = [transaction_shape(row) for row in found_rows.rows]
    return listed(pagination(request.path, query, page, found_rows.total), shown)
