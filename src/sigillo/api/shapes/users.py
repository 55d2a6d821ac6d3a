"""A user, in the contract's keys."""

from collections.abc import Iterable

from msgspec import Struct

from sigillo.api.shapes.fields import UserStatusText
from sigillo.api.shapes.identities import IdentityShape, identity_shape
from sigillo.identities.models import Identity
from sigillo.organizations.models import User


class UserShape(Struct):
    """A member of an organization. `id` was chosen by whoever made it."""

    id: str
    status: UserStatusText
    type: str
    email: str | None
    first_name: str | None
    last_name: str | None
    created_by: str
    automatic: bool
    owner: bool
    rao: bool
    wallet: list[IdentityShape]


def user_shape(user: User, wallet: Iterable[Identity]) -> UserShape:
    """`wallet` holds the user's identities."""
    return UserShape(
        id=user.handle,
        status=user.status,
        type="Basic user account",
        email=user.email or None,
        first_name=user.first_name or None,
        last_name=user.last_name or None,
        created_by=user.created_by,
        automatic=user.automatic,
        owner=user.owner,
        rao=user.rao,
        wallet=[identity_shape(identity) for identity in wallet],
    )
