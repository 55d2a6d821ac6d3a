"""The signatures of transactions."""

from sigillo.api.bodies.signatures import PerformBody, ReasonBody
from sigillo.api.shapes.masks import MASK
from sigillo.api.shapes.signatures import PerformedShape
from sigillo.api.shapes.transactions import TransactionShape, transaction_shape
from sigillo.api.v1.door import Route
from sigillo.api.values import read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.close_transaction import decline
from sigillo.flows.perform import perform_automatic
from sigillo.organizations.principal import Principal


def perform(principal: Principal, signature: str, body: PerformBody) -> PerformedShape:
    """Make the signature of an automatic signer; the echo hides the password."""
    perform_automatic(principal, read_identifier("signature", signature), body.password)
    return PerformedShape(password=MASK)


def decline_one(principal: Principal, signature: str, body: ReasonBody) -> TransactionShape:
    """Decline a signature, which cancels its transaction."""
    return transaction_shape(decline(principal, read_identifier("signature", signature), body.reason or ""))


ROUTES = (
    Route(
        *("POST", "signatures/<str:signature>/perform", Verb.PERFORM_SIGNATURE, perform, PerformedShape),
        body=PerformBody,
    ),
    Route(
        *("POST", "signatures/<str:signature>/decline", Verb.DECLINE_SIGNATURE, decline_one, TransactionShape),
        body=ReasonBody,
        body_may_be_empty=True,
    ),
)
