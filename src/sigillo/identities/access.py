"""Identities, reached only through a principal or through the user whose they are. Deleted ones are not there."""

from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from sigillo.base.errors import NotFound
from sigillo.identities.models import Enrollment, Identity
from sigillo.identities.providers.table import TOKEN
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal


def get_usable(user: User, at: datetime) -> list[Identity]:
    """The active identities of a user that can sign without him at `at`, newest first: not those of physical keys."""
    rows = user.wallet.filter(status=Identity.Status.ACTIVE, not_after__gt=at, deleted_at=None)
    rows = rows.exclude(provider_id=TOKEN)
    return list(rows.order_by("-created", "id"))


def _shown() -> QuerySet[Identity]:
    return Identity.objects.filter(deleted_at=None).select_related("organization", "enrollment")


def visible_identities(principal: Principal, *, own_only: bool) -> QuerySet[Identity]:
    """The identities of the principal's organization; with `own_only`, those of its own wallet."""
    rows = _shown().select_related("user").filter(organization_id=principal.organization_id)
    return rows.filter(user_id=principal.user_id) if own_only else rows


def access_identity(principal: Principal, identity_id: UUID, *, own_only: bool) -> Identity:
    """One identity with its user and organization.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    row = visible_identities(principal, own_only=own_only).filter(id=identity_id).first()
    if row is None:
        raise NotFound("identity_not_found", "There is no such identity; check its id.")
    return row


def wallet_of(user: User) -> QuerySet[Identity]:
    """The identities of one user."""
    return _shown().filter(user=user)


def with_wallets(rows: QuerySet[User]) -> QuerySet[User]:
    """The same users with their identities, newest first, in one more query."""
    return rows.prefetch_related(Prefetch("wallet", queryset=_shown().order_by("-created", "id")))


def visible_enrollments(principal: Principal, *, own_only: bool) -> QuerySet[Enrollment]:
    """The enrollment requests of the principal's organization; with `own_only`, its user's own."""
    rows = Enrollment.objects.filter(organization_id=principal.organization_id, deleted_at=None)
    rows = rows.select_related("organization", "user", "registered_by", "identity")
    return rows.filter(user_id=principal.user_id) if own_only else rows


def access_enrollment(principal: Principal, enrollment_id: UUID, *, own_only: bool) -> Enrollment:
    """One enrollment request with its people and its identity.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    row = visible_enrollments(principal, own_only=own_only).filter(id=enrollment_id).first()
    if row is None:
        raise NotFound("enrollment_not_found", "There is no such enrollment request; check its id.")
    return row


def find_by_ticket(ticket: UUID) -> Enrollment | None:
    """The enrollment request that a ticket opens, which is a capability of its own: no principal is asked for."""
    rows = Enrollment.objects.select_related("organization", "user", "registered_by", "identity")
    return rows.filter(ticket=ticket, deleted_at=None).first()
