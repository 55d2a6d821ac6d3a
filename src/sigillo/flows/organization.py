"""An organization and its settings: looked at by all its people, changed by its owners."""

from collections.abc import Mapping

from django.db import transaction

from sigillo.base.errors import Invalid
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.flows.create_user import check_name
from sigillo.flows.voice import about_organization, actor
from sigillo.flows.wanted import at
from sigillo.journal.record import record
from sigillo.organizations.access import access_own_organization, get_users
from sigillo.organizations.models import Organization, User
from sigillo.organizations.principal import Principal
from sigillo.outbound.targets import read_target

PICTURES = ("logo", "signature_appearance")
"""Addresses of pictures, which are called later."""


def read_organization(principal: Principal) -> Organization:
    """The principal's own organization."""
    check_permission(principal, Verb.READ_ORGANIZATION)
    return access_own_organization(principal)


def edit_organization(principal: Principal, asked: Mapping[str, object]) -> Organization:
    """Change what is asked for and different: `name`, `logo` and the settings; `default_rao` is a RAO's id, or "".

    Raises:
        Forbidden: the principal is no owner.
        Invalid: it would change the slug, the name or an address is malformed, or the default RAO is none.
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
    """What differs from what is, checked: what is may be told as it is, since clients send whole objects back."""
    if asked.get("slug", row.slug) != row.slug:
        raise Invalid("fixed_field", "slug cannot be changed; leave it out or send it as it is.")
    held = {name: getattr(row, name) for name in asked}
    if "default_rao" in asked:
        held["default_rao"] = row.default_rao.handle if row.default_rao else ""
    changes = {name: value for name, value in asked.items() if value != held[name]}
    if "name" in changes:
        _check_organization_name(str(changes["name"]))
    for name in set(PICTURES) & set(changes):
        _check_picture(name, str(changes[name]))
    if "default_rao" in changes:
        changes["default_rao"] = _rao(principal, str(changes["default_rao"]))
    return changes


def _check_organization_name(name: str) -> None:
    if not name.strip():
        raise Invalid("empty_name", "name is empty; every certificate of the organization's people carries it.")
    check_name("name", name)


def _check_picture(name: str, address: str) -> None:
    if address:
        with at(name):
            read_target(address)


def _rao(principal: Principal, handle: str) -> User | None:
    return get_rao(principal, handle, "default_rao") if handle else None


def get_rao(principal: Principal, handle: str, field: str) -> User:
    """The enabled RAO of the principal's organization with this id.

    Raises:
        Invalid: there is none; the message names the field of the body.
    """
    user = get_users(principal, {handle}).get(handle)
    if user is None or not user.rao or user.status != User.Status.ENABLED:
        raise Invalid("not_a_rao", f"{field}: {handle!r} is no enabled RAO of this organization; name one.")
    return user
