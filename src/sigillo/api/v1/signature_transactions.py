"""Digital signature transactions."""

from django.http import HttpResponse

from sigillo.api.answers import json_answer
from sigillo.api.bodies.signatures import ReasonBody
from sigillo.api.bodies.transactions import TransactionBody
from sigillo.api.filters import lists
from sigillo.api.shapes.events import EventShape, event_shape
from sigillo.api.shapes.transactions import TransactionShape, transaction_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.close_transaction import cancel_transaction, delete_transaction
from sigillo.flows.create_transaction import create_transaction
from sigillo.flows.read_events import list_events
from sigillo.flows.read_transactions import list_transactions, read_transaction
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List the transactions that the caller may see."""
    page = list_transactions(principal, listing)
    return Items([transaction_shape(row) for row in page.rows], page.total)


def create(principal: Principal, body: TransactionBody) -> TransactionShape:
    """Hand over documents to be signed."""
    key = create_transaction(principal, body.to_new())
    return transaction_shape(read_transaction(principal, key))


def read(principal: Principal, transaction: str) -> TransactionShape:
    """Read one transaction."""
    return transaction_shape(read_transaction(principal, read_identifier(WHAT, transaction)))


def cancel(principal: Principal, transaction: str, body: ReasonBody) -> TransactionShape:
    """Cancel a transaction, with a reason in one's own words."""
    key = read_identifier(WHAT, transaction)
    return transaction_shape(cancel_transaction(principal, key, body.reason or ""))


def delete(principal: Principal, transaction: str) -> HttpResponse:
    """Delete a transaction, whatever its state; its links die, its evidence stays."""
    delete_transaction(principal, read_identifier(WHAT, transaction))
    return json_answer({"meta": {"deleted": True, "code": 200}, "data": None})


def events(principal: Principal, transaction: str, listing: Listing) -> Items:
    """List what happened to a transaction, in the order in which it happened."""
    page = list_events(principal, read_identifier(WHAT, transaction), listing)
    return Items([event_shape(event, page.actor(event)) for event in page.rows], page.total)


WHAT = "signature transaction"
_LIST = "signature-transactions"
_ONE = f"{_LIST}/<str:transaction>"
ROUTES = (
    Route("GET", _LIST, Verb.READ_TRANSACTION, index, TransactionShape, filters=lists.transactions),
    Route("POST", _LIST, Verb.CREATE_TRANSACTION, create, TransactionShape, body=TransactionBody, status=201),
    Route("GET", _ONE, Verb.READ_TRANSACTION, read, TransactionShape),
    Route("DELETE", _ONE, Verb.DELETE_TRANSACTION, delete),
    Route(
        *("POST", f"{_ONE}/cancel", Verb.CANCEL_TRANSACTION, cancel, TransactionShape),
        body=ReasonBody,
        body_may_be_empty=True,
    ),
    Route("GET", f"{_ONE}/events", Verb.READ_TRANSACTION, events, EventShape, filters=lists.events),
)
