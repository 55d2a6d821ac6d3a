"""Rows of organizations and users, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from sigillo.base.errors import Invalid, NotFound
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal


def access_user(principal: Principal, handle: str) -> User:
    """The user of the principal's organization with this handle.

    Raises:
        NotFound: there is none.
    """
    user = (
        User.objects.select_related("organization")
        .filter(organization_id=principal.organization_id, handle=handle)
        .first()
    )
    if user is None:
        raise NotFound("user_not_found", f"There is no user {handle!r} in this organization; check its id.")
    return user


def access_enabled_user(principal: Principal, handle: str) -> User:
    """The user of this handle, who may be given something to act with.

    Raises:
        NotFound: there is none.
        Invalid: the user is disabled.
    """
    user = access_user(principal, handle)
    if user.status != User.Status.ENABLED:
        raise Invalid("user_disabled", f"The user {handle!r} is disabled; enable it first.")
    return user


def get_users(principal: Principal, handles: set[str]) -> dict[str, User]:
    """The users of the principal's organization with these handles, by handle; unknown ones are left out."""
    users = User.objects.filter(organization_id=principal.organization_id, handle__in=handles)
    return {user.handle: user for user in users}


def get_own(principal: Principal) -> User:
    """The user for whom the principal speaks."""
    return User.objects.select_related("organization").get(id=principal.user_id)


def is_of_organization(reference: str, principal: Principal) -> bool:
    """Whether the organization in an address (its slug or its uuid) is the principal's own."""
    if reference == principal.organization_slug:
        return True
    try:
        return UUID(reference) == principal.organization_id
    except ValueError:
        return False
