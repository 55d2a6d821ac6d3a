"""The identities of a user."""

from sigillo.api.bodies.identities import IdentityBody
from sigillo.api.filters import lists
from sigillo.api.shapes.identities import IdentityShape, identity_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_handle
from sigillo.credentials.permissions import Verb
from sigillo.flows.associate_identity import associate_identity
from sigillo.flows.read_users import list_wallet
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, user: str, listing: Listing) -> Items:
    """List the identities of a user."""
    page = list_wallet(principal, read_handle(user), listing)
    return Items([identity_shape(identity) for identity in page.rows], page.total)


def associate(principal: Principal, user: str, body: IdentityBody) -> IdentityShape:
    """Associate an identity that the user holds at a provider."""
    return identity_shape(associate_identity(principal, read_handle(user), body.to_new()))


_WALLET = "users/<str:user>/wallet"
ROUTES = (
    Route("GET", _WALLET, Verb.READ_IDENTITY, index, IdentityShape, filters=lists.identities),
    Route("POST", _WALLET, Verb.ASSOCIATE_IDENTITY, associate, IdentityShape, body=IdentityBody, status=201),
)
