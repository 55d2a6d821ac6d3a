"""POST users, PUT a user."""

from typing import Literal

from sigillo.api.bodies.fields import IGNORED, Body, Email, Ignored, Name, PersonName, Text150, Text220, given
from sigillo.api.values import check_email
from sigillo.flows.create_user import NewUser


class UserBody(Body):
    """A new user; `id` is the caller's own choice and the only required field."""

    id: Name
    email: Email | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    created_by: Text220 | None = None
    automatic: bool | None = None
    owner: bool | None = None
    rao: bool | None = None

    status: Ignored = IGNORED
    type: Ignored = IGNORED
    wallet: Ignored = IGNORED

    def to_new(self) -> NewUser:
        """What the flow wants to know."""
        return NewUser(
            handle=self.id,
            email=check_email("email", self.email or ""),
            first_name=self.first_name or "",
            last_name=self.last_name or "",
            created_by=self.created_by or None,
            automatic=bool(self.automatic),
            owner=bool(self.owner),
            rao=bool(self.rao),
        )


class UserEditBody(Body):
    """Changes to a user; what is left out, or null, stays. `id` and `owner` only as they are."""

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    email: Email | None = None
    automatic: bool | None = None
    rao: bool | None = None
    status: Literal["enabled", "disabled"] | None = None
    id: Text150 | None = None
    owner: bool | None = None

    type: Ignored = IGNORED
    created_by: Ignored = IGNORED
    wallet: Ignored = IGNORED

    def to_changes(self) -> dict[str, object]:
        """What is asked for, by name."""
        check_email("email", self.email or "")
        return given(self, "first_name", "last_name", "email", "automatic", "rao", "status", "id", "owner")
