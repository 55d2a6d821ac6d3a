"""A user, in the contract's keys."""

from collections.abc import Sequence

from sigillo.organizations.models import User


def user_shape(user: User, wallet: Sequence[dict[str, object]]) -> dict[str, object]:
    """`wallet` holds the shapes of the user's identities."""
    return {
        "id": user.handle,
        "status": user.status,
        "type": "Basic user account",
        "email": user.email or None,
        "first_name": user.first_name or None,
        "last_name": user.last_name or None,
        "created_by": user.created_by,
        "automatic": user.automatic,
        "owner": user.owner,
        "rao": user.rao,
        "wallet": list(wallet),
    }
