"""The people and programs of an organization."""

from sigillo.api.bodies.users import UserBody, UserEditBody
from sigillo.api.filters import lists
from sigillo.api.shapes.users import UserShape, user_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_handle
from sigillo.credentials.permissions import Verb
from sigillo.flows.create_user import create_user
from sigillo.flows.edit_user import edit_user
from sigillo.flows.read_users import list_users, read_user
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List the users that the caller may see, each with its wallet."""
    page = list_users(principal, listing)
    return Items([user_shape(user, user.wallet.all()) for user in page.rows], page.total)


def create(principal: Principal, body: UserBody) -> UserShape:
    """Add a user."""
    return user_shape(create_user(principal, body.to_new()), wallet=())


def read(principal: Principal, user: str) -> UserShape:
    """Read one user with its wallet."""
    row = read_user(principal, read_handle(user))
    return user_shape(row, row.wallet.all())


def edit(principal: Principal, user: str, body: UserEditBody) -> UserShape:
    """Change a user; an owner may also disable one, which stops all its credentials at once."""
    row = edit_user(principal, read_handle(user), body.to_changes())
    return user_shape(row, row.wallet.all())


ROUTES = (
    Route("GET", "users", Verb.READ_USER, index, UserShape, filters=lists.users),
    Route("POST", "users", Verb.CREATE_USER, create, UserShape, body=UserBody, status=201),
    Route("GET", "users/<str:user>", Verb.READ_USER, read, UserShape),
    Route("PUT", "users/<str:user>", Verb.EDIT_USER, edit, UserShape, body=UserEditBody),
)
