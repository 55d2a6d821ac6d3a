"""Rows of organizations and users, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from django.db.models import QuerySet

from sigillo.base.errors import Invalid, NotFound
from sigillo.organizations.models import Group, Membership, Organization, User
from sigillo.organizations.principal import Principal


def visible_users(principal: Principal, *, own_only: bool) -> QuerySet[User]:
    """The users of the principal's organization; with `own_only`, the one for whom it speaks."""
    rows = User.objects.filter(organization_id=principal.organization_id)
    return rows.filter(id=principal.user_id) if own_only else rows


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


def access_own_organization(principal: Principal, *, lock: bool = False) -> Organization:
    """The principal's organization; with `lock`, held until the end of the caller's transaction.

    The lock is against another of its kind: rows that point to the organization are still added meanwhile.
    """
    rows = Organization.objects.select_related("default_rao")
    locked = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    return locked.get(id=principal.organization_id)


def access_group(principal: Principal, name: str, *, lock: bool = False) -> Group:
    """The group of the principal's organization with this name, and its members.

    With `lock` it is held until the end of the caller's transaction, and its members are those of that moment.

    Raises:
        NotFound: there is none.
    """
    rows = visible_groups(principal).filter(name=name)
    group = (rows.select_for_update() if lock else rows).first()
    if group is None:
        raise NotFound("group_not_found", f"There is no group {name!r} in this organization; check its name.")
    return group


def visible_groups(principal: Principal) -> QuerySet[Group]:
    """The groups of the principal's organization with their members."""
    return Group.objects.filter(organization_id=principal.organization_id).prefetch_related("members")


def get_users(principal: Principal, handles: set[str]) -> dict[str, User]:
    """The users of the principal's organization with these handles, by handle; unknown ones are left out."""
    users = User.objects.filter(organization_id=principal.organization_id, handle__in=handles)
    return {user.handle: user for user in users}


def get_groups(principal: Principal, names: set[str]) -> dict[str, Group]:
    """The groups of the principal's organization with these names, by name; unknown ones are left out."""
    return {group.name: group for group in visible_groups(principal).filter(name__in=names)}


def is_member(group_id: UUID | None, user_id: UUID) -> bool:
    """Whether there is a group, and the user belongs to it."""
    return group_id is not None and Membership.objects.filter(group_id=group_id, user_id=user_id).exists()


def get_handles(principal: Principal, ids: set[str]) -> dict[str, str]:
    """What the users of the principal's organization with these uuids are called, by uuid."""
    rows = User.objects.filter(organization_id=principal.organization_id, id__in=ids)
    return {str(key): handle for key, handle in rows.values_list("id", "handle")}


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
