"""An owner adds a person, or a program that signs on its own, to the organization."""

import unicodedata
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from sigillo.base.errors import Conflict, Invalid
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import record
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
JOINERS = "\u200c\u200d"  # which letters of Persian and Indic scripts need inside a word


@dataclass(frozen=True, slots=True)
class NewUser:
    """What the caller says of the new user; only `handle`, the contract's `id`, is required."""

    handle: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    automatic: bool = False
    owner: bool = False
    rao: bool = False
    created_by: str | None = None


def create_user(principal: Principal, new: NewUser) -> User:
    """Add the user.

    Raises:
        Forbidden: the principal is not an owner.
        Invalid: the handle is malformed.
        Conflict: the organization has a user of this handle.
    """
    check_permission(principal, Verb.CREATE_USER)
    check_handle(new.handle)
    check_name("first_name", new.first_name)
    check_name("last_name", new.last_name)
    _check_author(principal, new.created_by)
    try:
        with transaction.atomic():
            user = User.objects.create(
                organization_id=principal.organization_id,
                handle=new.handle,
                email=new.email,
                first_name=new.first_name,
                last_name=new.last_name,
                automatic=new.automatic,
                owner=new.owner,
                rao=new.rao,
                created_by=new.created_by or principal.name,
            )
            roles = {"automatic": user.automatic, "owner": user.owner, "rao": user.rao}
            record(
                about_organization(principal),
                "user.created",
                actor=actor(principal),
                data={"user": str(user.id), **roles},
            )
            count_in(principal.organization_id, Counted.USERS)
    except IntegrityError:
        raise Conflict("user_exists", f"There is a user {new.handle!r} already; choose another id.") from None
    return user


def check_handle(handle: str) -> None:
    """Refuse an id that could not stand in an address. Raises Invalid."""
    plain = handle.isprintable() and handle == handle.strip() and handle.strip(".") != ""
    if not handle or len(handle) > 150 or handle.startswith("@") or not plain or set(handle) & set("/,"):
        raise Invalid(
            "invalid_user_id",
            "id must be 1 to 150 printable characters, without slash, comma or blanks around it, not only dots, "
            "and not starting with @.",
        )


def check_name(field: str, name: str) -> None:
    """Refuse a name that no certificate could carry: one with control characters or such that steer text unseen.

    Raises:
        Invalid: the message names the field.
    """
    unseen = [character for character in name if unicodedata.category(character) in UNSEEN]
    if any(character not in JOINERS for character in unseen):
        raise Invalid("invalid_name", f"{field} holds a control or formatting character; write the name without it.")


def _check_author(principal: Principal, created_by: str | None) -> None:
    """`created_by` is `system` or a user of this organization, `user@slug`."""
    suffix = f"@{principal.organization_slug}"
    if created_by in (None, "system") or (created_by.endswith(suffix) and created_by != suffix):
        return
    raise Invalid("invalid_created_by", f"created_by must be system, or a user such as jdo{suffix}.")
