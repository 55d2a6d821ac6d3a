"""Groups of signers: made, changed and deleted by owners, read by everybody of the organization."""

from collections.abc import Collection, Mapping

from django.db import IntegrityError, transaction

from sigillo.base.errors import Conflict, Invalid
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import record
from sigillo.organizations.access import access_group, access_user, get_users, visible_groups
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.models import Group, Membership
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in, total
from sigillo.transactions.access import is_awaited


def list_groups(principal: Principal, listing: Listing) -> Listed[Group]:
    """A page of the organization's groups by name. Raises NotFound past the end."""
    check_permission(principal, Verb.READ_GROUP)
    rows = visible_groups(principal)
    return take_page(rows, listing, order=("name",), count=lambda: total(principal.organization_id, Counted.GROUPS))


def read_group(principal: Principal, name: str) -> Group:
    """One group with its members. Raises NotFound."""
    check_permission(principal, Verb.READ_GROUP)
    return access_group(principal, name)


def create_group(principal: Principal, name: str, members: Collection[str] = ()) -> Group:
    """Make a group.

    Raises:
        Invalid: the name is malformed, or a member is no user of the organization.
        Conflict: there is a group of this name.
    """
    check_permission(principal, Verb.EDIT_GROUP)
    check_group_name(name)
    try:
        with transaction.atomic():
            group = Group.objects.create(
                organization_id=principal.organization_id, name=name, created_by=principal.name
            )
            _set_members(principal, group, members)
            _say(principal, "group.created", group)
            count_in(principal.organization_id, Counted.GROUPS)
    except IntegrityError:
        raise Conflict("group_exists", f"There is a group {name!r} already; choose another name.") from None
    return access_group(principal, name)


def edit_group(principal: Principal, name: str, new_name: str | None, members: Collection[str] | None) -> Group:
    """Give a group another name, other members, or both; None leaves what is, and nothing is said where all stays.

    Raises:
        NotFound: there is no such group.
        Invalid: the name is malformed, or a member is no user of the organization.
        Conflict: another group has the name.
    """
    check_permission(principal, Verb.EDIT_GROUP)
    try:
        with transaction.atomic():
            group = access_group(principal, name, lock=True)
            fields = []
            if members is not None and _set_members(principal, group, members):
                fields.append("members")
            if new_name is not None and new_name != name:
                check_group_name(new_name)
                Group.objects.filter(id=group.id).update(name=new_name)
                fields.append("name")
            if fields:
                _say(principal, "group.edited", group, {"fields": fields})
    except IntegrityError:
        raise Conflict("group_exists", f"There is a group {new_name!r} already; choose another name.") from None
    return access_group(principal, new_name or name)


def delete_group(principal: Principal, name: str) -> None:
    """Delete a group; its members stay.

    Raises:
        NotFound: there is no such group.
        Conflict: a signature is due from it.
    """
    check_permission(principal, Verb.EDIT_GROUP)
    with transaction.atomic():
        group = access_group(principal, name, lock=True)
        if is_awaited(group):
            raise Conflict("group_in_use", f"A signature is due from the group {name!r}; it is needed until then.")
        _say(principal, "group.deleted", group)
        gone = group.delete()[1].get(Group._meta.label, 0)  # none where somebody else deletes it at the same time
        count_in(principal.organization_id, Counted.GROUPS, -gone)


def add_member(principal: Principal, name: str, handle: str) -> Group:
    """Have a user belong to a group, also where it does already. Raises NotFound for either."""
    check_permission(principal, Verb.EDIT_GROUP)
    with transaction.atomic():
        group, user = access_group(principal, name, lock=True), access_user(principal, handle)
        if Membership.objects.get_or_create(group=group, user=user)[1]:
            _say(principal, "group.member_added", group, {"user": str(user.id)})
    return access_group(principal, name)


def remove_member(principal: Principal, name: str, handle: str) -> Group:
    """Have a user no longer belong to a group, also where it does not. Raises NotFound for either."""
    check_permission(principal, Verb.EDIT_GROUP)
    with transaction.atomic():
        group, user = access_group(principal, name, lock=True), access_user(principal, handle)
        if Membership.objects.filter(group=group, user=user).delete()[0]:
            _say(principal, "group.member_removed", group, {"user": str(user.id)})
    return access_group(principal, name)


def check_group_name(name: str) -> None:
    """Refuse a name that could not stand in an address or behind an @. Raises Invalid."""
    plain = name.isprintable() and name == name.strip() and name.strip(".") != ""
    if not plain or len(name) > 150 or name.startswith("@") or set(name) & set("/,"):
        raise Invalid(
            "invalid_group_name",
            "name must be 1 to 150 printable characters, without slash, comma or blanks around it, not only dots, "
            "and not starting with @.",
        )


def _set_members(principal: Principal, group: Group, handles: Collection[str]) -> bool:
    """Have just these users belong to the group; whether that changed anything. Raises Invalid."""
    users = get_users(principal, set(handles))
    unknown = sorted(set(handles) - set(users))
    if unknown:
        raise Invalid(
            "unknown_member", f"members: there is no user {unknown[0]!r} in this organization; name users by their id."
        )
    wanted = {user.id for user in users.values()}
    held = set(Membership.objects.filter(group=group).values_list("user_id", flat=True))
    Membership.objects.filter(group=group, user_id__in=held - wanted).delete()
    Membership.objects.bulk_create(Membership(group=group, user_id=key) for key in wanted - held)
    return wanted != held


def _say(principal: Principal, kind: str, group: Group, more: Mapping[str, object] | None = None) -> None:
    data = {"group": str(group.id), **(more or {})}
    record(about_organization(principal), kind, actor=actor(principal), data=data)
