"""A page of a list: what a caller asks for, and what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler

from sigillo.base.errors import NotFound
from sigillo.organizations.conditions import Condition, Meets
from sigillo.organizations.texts import Folded

Row = TypeVar("Row", bound=Model)

FEW = 5_000
"""So many rows are put in order sooner than a page of them is found among a million."""


@dataclass(frozen=True, slots=True)
class Term:
    """By what rows are put in order; with `folded`, by a text without regard to case."""

    path: str
    descending: bool = False
    folded: bool = False

    def sql(self, *, sorting: bool) -> OrderBy:
        """The term; with `sorting`, for rows that are sorted once they are found, and walked by no index."""
        column: F | Folded = Folded(self.path) if self.folded else F(self.path)
        return OrderBy(_Apart(column) if sorting else column, descending=self.descending)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a filtered list. `conditions` came through a closed map of attributes; all of them must hold."""

    conditions: Sequence[Meets] = ()
    order: Sequence[Term] = ()
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The rows of one page and how many there are on all pages."""

    rows: list[Row]
    total: int


def take_page(
    rows: QuerySet[Row], listing: Listing, *, order: Sequence[str], count: Callable[[], int] | None = None
) -> Listed[Row]:
    """One page of the rows in the order that is asked for, then in `order`, which must tell any two of them apart.

    `count` knows how many rows there are when no condition is set, without counting them.

    Raises:
        NotFound: the page is past the end; an empty list still has its first page.
    """
    conditions = [condition.settle() for condition in listing.conditions]
    # The keys alone first: an index has them and their order, where rows with what is joined to them would be sorted.
    plain = rows.prefetch_related(None)
    sought = plain.filter(*(condition.sought for condition in conditions))
    total = count() if count and not conditions else sought.count()
    start = (listing.page - 1) * listing.size
    if start and start >= total:
        raise NotFound("page_not_found", f"There is no page {listing.page}; the list has {total} items.")
    terms = _terms(listing.order, order)
    in_order = [condition.keeps_order and not listing.order for condition in conditions]
    if all(in_order):
        found = sought.order_by(*(term.sql(sorting=False) for term in terms))
    elif total <= FEW:
        found = sought.order_by(*(term.sql(sorting=True) for term in terms))
    else:
        walked = plain.filter(*map(_walked, conditions, in_order))
        found = walked.order_by(*(term.sql(sorting=False) for term in terms))
    keys = list(found.values_list("pk", flat=True)[start : start + listing.size])
    return Listed(rows=_fetch(rows, keys), total=total)


def _fetch(rows: QuerySet[Row], keys: Sequence[object]) -> list[Row]:
    """Those of the rows that have these keys, in the order of the keys."""
    fetched = rows.all()
    # The keys were found among these rows; asked again, SQLite would rather look through all of an organization.
    fetched.query.clear_where()
    by_key = {row.pk: row for row in fetched.filter(pk__in=keys)}
    return [by_key[key] for key in keys if key in by_key]


def _walked(condition: Condition, in_order: bool) -> Q:
    return condition.sought if in_order else condition.row_by_row()


def _terms(asked: Sequence[Term], order: Sequence[str]) -> list[Term]:
    """The terms of an order. Where one is asked for that runs against the list's own, all of that is turned round:
    an index is read from either end, and only as a whole.
    """
    own = [Term(name.removeprefix("-"), descending=name.startswith("-")) for name in order]
    named = {term.path for term in asked if not term.folded}
    rest = [term for term in own if term.path not in named]
    if len(asked) == 1 and asked[0].descending != any(term.descending for term in own if term.path in named):
        rest = [replace(term, descending=not term.descending) for term in rest]
    return [*asked, *rest]


class _Apart(Func):
    """A value that is the same, and that no index is used for. It takes no parameters."""

    arity = 1
    template = "COALESCE(%(expressions)s, %(expressions)s)"

    def as_sqlite(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        **context: Any,  # noqa: ANN401 - Django's own signature
    ) -> tuple[str, tuple[str | int, ...]]:
        sql, params = self.as_sql(compiler, connection, template="+%(expressions)s", **context)  # keeps the collation
        return sql, tuple(params)
