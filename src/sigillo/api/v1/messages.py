"""What was written to the people of an organization."""

from sigillo.api.filters import lists
from sigillo.api.shapes.messages import MessageShape, message_shape
from sigillo.api.v1.door import Items, Route
from sigillo.credentials.permissions import Verb
from sigillo.flows.read_messages import list_messages
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List messages; their texts are shown in the sandbox only."""
    page = list_messages(principal, listing)
    return Items([message_shape(message) for message in page.rows], page.total)


ROUTES = (Route("GET", "messages", Verb.READ_MESSAGE, index, MessageShape, filters=lists.messages),)
