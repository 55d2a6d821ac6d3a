"""What the rows of a list must meet, each condition in two forms, since no one form serves a million rows.

Where few rows meet a condition, an index finds them and they are put in order. Where many do, sorting them would take
long, and the list is walked in its order until a page is full, with the condition tested row by row. Databases guess
how many there will be, and guess wrong: SQLite knows averages only, PostgreSQL nothing of a subquery. `take_page`
counts them first, and then says which way to go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from sigillo.organizations.models import User

NOTHING = Q(pk__in=[])
LOOKED_UP = 100
"""So many users are looked up for a condition and named in it; of more, the condition holds the question."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a row. `sought` is the form by which an index finds the rows.

    With `keeps_order` that index has them in the list's own order, however many there are. `tested` is the form for
    a single row, where it is another.
    """

    sought: Q
    keeps_order: bool = False
    tested: Q | None = None

    def settle(self) -> "Condition":
        """Itself: there is nothing to look up."""
        return self

    def row_by_row(self) -> Q:
        """The condition in a form that no index is used for."""
        asked = self.tested or self.sought
        return Q(Coalesce(ExpressionWrapper(asked, BooleanField()), Value(False))) if asked else asked


@dataclass(frozen=True, slots=True)
class OfUser:
    """That the row's user, whose id is in `column`, is one of these."""

    column: str
    users: QuerySet[User]

    def settle(self) -> Condition:
        """Look the users up: a database plans better for a user that it knows than for one that it is to find."""
        found = list(self.users.values_list("pk", flat=True)[: LOOKED_UP + 1])
        if len(found) == 1:
            return Condition(Q((self.column, found[0])), keeps_order=True)
        if len(found) <= LOOKED_UP:
            return Condition(Q((f"{self.column}__in", found)))
        mine = self.users.filter(pk=OuterRef(self.column))
        return Condition(Q((f"{self.column}__in", self.users.values("pk"))), tested=there_is(mine))


@dataclass(frozen=True, slots=True)
class OfPart:
    """That any of the rows of `part` which belong to the row by `link` meets one of the conditions."""

    part: type[Model]
    link: str
    organization_id: UUID
    meets: Sequence["Meets"]

    def settle(self) -> Condition:
        """The condition on the row itself."""
        conditions = [condition.settle() for condition in self.meets]
        rows: QuerySet[Any] = self.part._default_manager.all()
        mine = rows.filter(organization_id=self.organization_id)
        tested = reduce(or_, (condition.row_by_row() for condition in conditions))
        return Condition(
            any_of(*(mine.filter(condition.sought).values(self.link) for condition in conditions)),
            tested=there_is(rows.filter((self.link, OuterRef("pk"))).filter(tested)),
        )


Meets = Condition | OfUser | OfPart


def any_of(*keys: QuerySet[Any, Any]) -> Q:
    """That the row's key is in one of these lists of keys, by an index and without looking at other rows."""
    return Q(pk__in=keys[0].union(*keys[1:]) if len(keys) > 1 else keys[0])


def there_is(rows: QuerySet[Any, Any]) -> Q:
    """That there is one of these rows; written so that each database asks it for one outer row at a time."""
    return Q(Exact(Subquery(rows.values(one=Value(1))[:1]), 1))


def users_of(organization_id: UUID, condition: Condition) -> QuerySet[User]:
    """The users of an organization that meet a condition."""
    return User.objects.filter(organization_id=organization_id).filter(condition.sought)
