"""A new installation's first rows: its root authority, an organization, its owner and the owner's token."""

from dataclasses import dataclass

from django.db import transaction

from sigillo.base.errors import Conflict, Invalid
from sigillo.flows.create_token import NewToken, store_token
from sigillo.flows.create_user import check_handle
from sigillo.flows.voice import OPERATOR, about_organization
from sigillo.identities.authority import create_root
from sigillo.identities.models import Authority
from sigillo.journal.record import record
from sigillo.organizations.models import Organization, User
from sigillo.organizations.tally import Counted, count_in

RESERVED_SLUGS = frozenset({"organizations"})


@dataclass(frozen=True, slots=True)
class Installed:
    """What `sigillo init` prints: the token is shown this once."""

    organization: str
    owner: str
    token: str


def install(organization_slug: str, owner_handle: str) -> Installed:
    """Make the root authority if there is none, then the organization, its owner (who is RAO too) and a token.

    All in one transaction: it either is all there afterwards or not at all.

    Raises:
        Invalid: the slug or the handle is malformed, or the slug is reserved.
        Conflict: there is an organization of this slug already.
    """
    _check_slug(organization_slug)
    check_handle(owner_handle)
    with transaction.atomic():
        if Organization.objects.filter(slug=organization_slug).exists():
            raise Conflict("organization_exists", f"There is an organization {organization_slug!r} already.")
        if not Authority.objects.filter(parent=None).exists():
            create_root()
        organization = Organization.objects.create(slug=organization_slug, name=organization_slug)
        owner = User.objects.create(organization=organization, handle=owner_handle, owner=True, rao=True)
        count_in(organization.id, Counted.USERS)
        issued = store_token(owner, NewToken(), created_by="system")
        record(
            about_organization(organization),
            "organization.created",
            actor=OPERATOR,
            data={"organization": str(organization.id), "owner": str(owner.id), "token": str(issued.token.id)},
        )
    return Installed(organization=organization_slug, owner=owner_handle, token=issued.value)


def _check_slug(slug: str) -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    if not slug or len(slug) > 63 or not set(slug) <= allowed or slug in RESERVED_SLUGS:
        raise Invalid(
            "invalid_slug",
            "The organization must be 1 to 63 lowercase letters, digits, - or _, and not the word organizations.",
        )
