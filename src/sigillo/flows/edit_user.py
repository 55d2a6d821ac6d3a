"""Changes to a user: by an owner, or of one's own name and address by the user."""

from collections.abc import Mapping

from django.db import transaction

from sigillo.base.errors import Forbidden, Invalid
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.create_user import check_name
from sigillo.flows.read_users import find_user
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import record
from sigillo.organizations.access import access_own_organization
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal

FIXED = ("id", "owner")
OWN = ("first_name", "last_name", "email")
"""What a user may change of itself."""


def edit_user(principal: Principal, handle: str, asked: Mapping[str, object]) -> User:
    """Change what is asked for and different: names, `email`, `automatic`, `rao`, and `status` by an owner.

    Raises:
        NotFound: there is no such user for this principal.
        Forbidden: the change is not the principal's to make.
        Invalid: it would change `id` or `owner`, a name is malformed, or the last owner would be disabled.
    """
    scope = check_permission(principal, Verb.EDIT_USER)
    with transaction.atomic():
        access_own_organization(principal, lock=True)  # so that two owners cannot disable each other at once
        user = find_user(principal, handle, own_only=scope is Scope.OWN)
        changes = _changes(user, asked)
        if scope is Scope.OWN and set(changes) - set(OWN):
            fields = ", ".join(sorted(set(changes) - set(OWN)))
            raise Forbidden("not_yours_to_edit", f"Only an owner changes {fields}; of yourself you change your name.")
        if changes.get("status") == User.Status.DISABLED:
            _check_not_last_owner(user)
        if changes:
            User.objects.filter(id=user.id).update(**changes)
            facts: dict[str, object] = {"user": str(user.id), "fields": sorted(changes)}
            facts |= {name: changes[name] for name in ("status", "automatic", "rao") if name in changes}
            record(about_organization(principal), "user.edited", actor=actor(principal), data=facts)
    return find_user(principal, handle, own_only=scope is Scope.OWN)


def _changes(user: User, asked: Mapping[str, object]) -> dict[str, object]:
    """What differs from what is; `id` and `owner` may be told as they are, since clients send whole objects back."""
    for name in FIXED:
        held = user.handle if name == "id" else user.owner
        if name in asked and asked[name] != held:
            raise Invalid("fixed_field", f"{name} cannot be changed; leave it out or send it as it is.")
    changes = {name: value for name, value in asked.items() if name not in FIXED and value != getattr(user, name)}
    for name in ("first_name", "last_name"):
        if name in changes:
            check_name(name, str(changes[name]))
    return changes


def _check_not_last_owner(user: User) -> None:
    enabled = User.objects.filter(organization_id=user.organization_id, owner=True, status=User.Status.ENABLED)
    if user.owner and not enabled.exclude(id=user.id).exists():
        raise Invalid("last_owner", "The last owner of an organization cannot be disabled; make another owner first.")
