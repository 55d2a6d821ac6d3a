"""An organization and its settings: looked at by all its people, changed by its owners."""

from collections.abc import Mapping

from django.db import transaction

from sigillo.base.errors import Invalid
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import record
from sigillo.organizations.access import access_own_organization, get_users
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal


def read_organization(principal: Principal) -> Organization:
    """The principal's own organization."""
    check_permission(principal, Verb.READ_ORGANIZATION)
    return access_own_organization(principal)


def edit_organization(principal: Principal, asked: Mapping[str, object]) -> Organization:
    """Change what is asked for and different: `name`, `logo` and the settings; `default_rao` is a RAO's id, or "".

    Raises:
        Forbidden: the principal is no owner.
        Invalid: it would change the slug, or the default RAO is none.
    """
    check_permission(principal, Verb.EDIT_ORGANIZATION)
    with transaction.atomic():
        row = access_own_organization(principal, lock=True)
        changes = _changes(principal, row, asked)
        if changes:
            for name, value in changes.items():
                setattr(row, name, value)
            row.save(update_fields=tuple(changes))
            record(
                about_organization(principal),
                "organization.edited",
                actor=actor(principal),
                data={"fields": sorted(changes)},
            )
    return row


def _changes(principal: Principal, row: Organization, asked: Mapping[str, object]) -> dict[str, object]:
    wanted = dict(asked)
    if wanted.pop("slug", row.slug) != row.slug:
        raise Invalid("fixed_field", "slug cannot be changed; leave it out or send it as it is.")
    if wanted.get("name") == "":
        raise Invalid("empty_name", "name must not be empty.")
    if "default_rao" in wanted:
        wanted["default_rao"] = _rao(principal, str(wanted["default_rao"]))
    return {name: value for name, value in wanted.items() if value != getattr(row, name)}


def _rao(principal: Principal, handle: str) -> User | None:
    if not handle:
        return None
    return get_rao(principal, handle, "default_rao")


def get_rao(principal: Principal, handle: str, field: str) -> User:
    """The enabled RAO of the principal's organization with this id.

    Raises:
        Invalid: there is none; the message names the field of the body.
    """
    user = get_users(principal, {handle}).get(handle)
    if user is None or not user.rao or user.status != User.Status.ENABLED:
        raise Invalid("not_a_rao", f"{field}: {handle!r} is no enabled RAO of this organization; name one.")
    return user
