"""Identities, reached through the user whose they are."""

from datetime import datetime

from sigillo.identities.models import Identity
from sigillo.organizations.models import User


def get_usable(user: User, at: datetime) -> list[Identity]:
    """The active identities of a user whose certificate is in date at `at`, newest first."""
    rows = user.wallet.filter(status=Identity.Status.ACTIVE, not_after__gt=at)
    return list(rows.order_by("-created", "id"))
