"""Application tokens."""

from sigillo.api.bodies.tokens import TokenBody, TokenEditBody
from sigillo.api.filters import lists
from sigillo.api.shapes.masks import MASK
from sigillo.api.shapes.tokens import TokenShape, token_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_handle, read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.create_token import create_token
from sigillo.flows.tokens import delete_token, edit_token, list_tokens, list_tokens_of, read_token
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List the tokens that the caller may see."""
    page = list_tokens(principal, listing)
    return Items([token_shape(token) for token in page.rows], page.total)


def index_of(principal: Principal, user: str, listing: Listing) -> Items:
    """List the tokens of one user."""
    page = list_tokens_of(principal, read_handle(user), listing)
    return Items([token_shape(token) for token in page.rows], page.total)


def create(principal: Principal, body: TokenBody) -> TokenShape:
    """Issue a token."""
    return token_shape(create_token(principal, body.to_new(), masks=(MASK,)))


def read(principal: Principal, token: str) -> TokenShape:
    """Read one token."""
    return token_shape(read_token(principal, read_identifier("token", token)))


def edit(principal: Principal, token: str, body: TokenEditBody) -> TokenShape:
    """Change a token's label, webhooks or options; a secret that comes back masked stays as it is."""
    issued = edit_token(
        principal,
        read_identifier("token", token),
        label=body.label,
        webhooks=body.webhooks.to_changes() if body.webhooks else None,
        http_options=body.http_options.to_options() if body.http_options else None,
        masks=(MASK,),
    )
    return token_shape(issued)


def delete(principal: Principal, token: str) -> None:
    """Delete a token; from the next request on it is unknown."""
    delete_token(principal, read_identifier("token", token))


_TOKEN = "tokens/<str:token>"  # noqa: S105 - a path
ROUTES = (
    Route("GET", "users/<str:user>/tokens", Verb.READ_TOKEN, index_of, TokenShape, filters=lists.tokens),
    Route("GET", "tokens", Verb.READ_TOKEN, index, TokenShape, filters=lists.tokens),
    Route("POST", "tokens", Verb.CREATE_TOKEN, create, TokenShape, body=TokenBody, status=201),
    Route("GET", _TOKEN, Verb.READ_TOKEN, read, TokenShape),
    Route("PUT", _TOKEN, Verb.EDIT_TOKEN, edit, TokenShape, body=TokenEditBody),
    Route("DELETE", _TOKEN, Verb.EDIT_TOKEN, delete),
)
