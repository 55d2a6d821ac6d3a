"""How many rows of a list there are, kept with every change: a list of a million rows is not counted for one page."""

from enum import Enum
from random import randrange
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from sigillo.organizations.models import Tally

SHARDS = 8
"""Writers of one organization wait for each other only where they happen to take the same one."""


class Counted(Enum):
    """The lists whose rows are counted."""

    USERS = "users"
    GROUPS = "groups"
    TOKENS = "tokens"
    IDENTITIES = "identities"
    ENROLLMENTS = "enrollments"
    TRANSACTIONS = "transactions"
    MESSAGES = "messages"


def count_in(organization_id: UUID, what: Counted, change: int = 1) -> None:
    """Count rows that come (or, with a negative `change`, go) in the transaction of the change itself.

    Call it as late in that transaction as may be: the shard's row stays locked until the commit.

    Raises:
        RuntimeError: there is no surrounding transaction, so that rows and their number could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Rows are counted in the transaction of their change; open one around both.")
    shard = randrange(SHARDS)  # noqa: S311 - it spreads writers, and guards nothing
    mine = Tally.objects.filter(organization_id=organization_id, what=what.value, shard=shard)
    if mine.update(count=F("count") + change):
        return
    empty = Tally(organization_id=organization_id, what=what.value, shard=shard)
    Tally.objects.bulk_create([empty], ignore_conflicts=True)
    mine.update(count=F("count") + change)


def total(organization_id: UUID, what: Counted) -> int:
    """How many there are, as far as the reader's transaction can see."""
    rows = Tally.objects.filter(organization_id=organization_id, what=what.value)
    return rows.aggregate(total=Sum("count"))["total"] or 0
