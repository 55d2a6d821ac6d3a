"""Groups of signers: operations that the contract's `signer_group` needs and does not have."""

from sigillo.api.bodies.groups import GroupBody, GroupEditBody
from sigillo.api.filters import lists
from sigillo.api.shapes.groups import GroupShape, group_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_handle, read_name
from sigillo.credentials.permissions import Verb
from sigillo.flows.groups import (
    add_member,
    create_group,
    delete_group,
    edit_group,
    list_groups,
    read_group,
    remove_member,
)
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List the groups of the organization."""
    page = list_groups(principal, listing)
    return Items([group_shape(group) for group in page.rows], page.total)


def create(principal: Principal, body: GroupBody) -> GroupShape:
    """Make a group."""
    return group_shape(create_group(principal, body.name, body.members or ()))


def read(principal: Principal, group: str) -> GroupShape:
    """Read one group."""
    return group_shape(read_group(principal, read_name(group)))


def edit(principal: Principal, group: str, body: GroupEditBody) -> GroupShape:
    """Give a group another name, or other members."""
    return group_shape(edit_group(principal, read_name(group), body.name, body.members))


def delete(principal: Principal, group: str) -> None:
    """Delete a group; its members stay."""
    delete_group(principal, read_name(group))


def add(principal: Principal, group: str, user: str) -> GroupShape:
    """Have a user belong to a group."""
    return group_shape(add_member(principal, read_name(group), read_handle(user)))


def remove(principal: Principal, group: str, user: str) -> GroupShape:
    """Have a user no longer belong to a group."""
    return group_shape(remove_member(principal, read_name(group), read_handle(user)))


_GROUP = "groups/<str:group>"
_MEMBER = f"{_GROUP}/members/<str:user>"
ROUTES = (
    Route("GET", "groups", Verb.READ_GROUP, index, GroupShape, filters=lists.groups),
    Route("POST", "groups", Verb.EDIT_GROUP, create, GroupShape, body=GroupBody, status=201),
    Route("GET", _GROUP, Verb.READ_GROUP, read, GroupShape),
    Route("PUT", _GROUP, Verb.EDIT_GROUP, edit, GroupShape, body=GroupEditBody),
    Route("DELETE", _GROUP, Verb.EDIT_GROUP, delete),
    Route("PUT", _MEMBER, Verb.EDIT_GROUP, add, GroupShape),
    Route("DELETE", _MEMBER, Verb.EDIT_GROUP, remove, GroupShape),
)
