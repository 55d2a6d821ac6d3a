"""What was sent to webhooks: operations that the contract does not have, for who answers for an integration."""

from sigillo.api.bodies.enrollments import EmptyBody
from sigillo.api.bodies.webhooks import TryBody
from sigillo.api.filters import lists
from sigillo.api.shapes.deliveries import DeliveryShape, delivery_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.deliveries import list_deliveries, replay_delivery, try_webhook
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List what was sent to the webhooks of the organization in the last thirty days."""
    page = list_deliveries(principal, listing)
    return Items([delivery_shape(row) for row in page.rows], page.total)


def replay(principal: Principal, delivery: str, body: EmptyBody) -> DeliveryShape:  # noqa: ARG001 - it has no fields
    """Send a message to its webhook once more, under the same id."""
    return delivery_shape(replay_delivery(principal, read_identifier("delivery", delivery)))


def test(principal: Principal, token: str, body: TryBody) -> DeliveryShape:
    """Send a message about nothing to a webhook of a token; the list shows what its receiver answers."""
    return delivery_shape(try_webhook(principal, read_identifier("token", token), body.message))


_LIST = "webhooks/deliveries"
_TEST = "tokens/<str:token>/webhooks/test"
ROUTES = (
    Route("GET", _LIST, Verb.READ_DELIVERY, index, DeliveryShape, filters=lists.deliveries),
    Route(
        *("POST", f"{_LIST}/<str:delivery>/replay", Verb.REPLAY_DELIVERY, replay, DeliveryShape),
        body=EmptyBody,
        body_may_be_empty=True,
    ),
    Route(
        *("POST", _TEST, Verb.TRY_WEBHOOK, test, DeliveryShape),
        body=TryBody,
        status=201,
        body_may_be_empty=True,
    ),
)
