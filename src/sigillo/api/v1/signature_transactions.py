"""Digital signature transactions."""

from sigillo.api.bodies.transactions import TransactionBody
from sigillo.api.filters import lists
from sigillo.api.shapes.transactions import TransactionShape, transaction_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.create_transaction import create_transaction
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
    return transaction_shape(read_transaction(principal, read_identifier("signature transaction", transaction)))


_LIST = "signature-transactions"
ROUTES = (
    Route("GET", _LIST, Verb.READ_TRANSACTION, index, TransactionShape, filters=lists.transactions),
    Route("POST", _LIST, Verb.CREATE_TRANSACTION, create, TransactionShape, body=TransactionBody, status=201),
    Route("GET", f"{_LIST}/<str:transaction>", Verb.READ_TRANSACTION, read, TransactionShape),
)
