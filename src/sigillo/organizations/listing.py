"""A page of a list: what a caller asks for, and what was found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from sigillo.base.errors import NotFound

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a listed row must meet. `of_parts` says that any of several rows that belong to it may meet it."""

    holds: Q
    of_parts: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a filtered list. `conditions` came through a closed map of attributes; all of them must hold."""

    conditions: Sequence[Condition] = ()
    order: Sequence[str] = ()
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The rows of one page and how many there are on all pages."""

    rows: list[Row]
    total: int


def meeting(rows: QuerySet[Row], condition: Condition) -> QuerySet[Row]:
    """Those of the rows that meet a condition, each once: a condition of parts is joined in a subquery."""
    if condition.of_parts:
        return rows.filter(pk__in=rows.model._default_manager.filter(condition.holds).values("pk"))
    return rows.filter(condition.holds)


def take_page(
    rows: QuerySet[Row], listing: Listing, *, order: Sequence[str], count: Callable[[], int] | None = None
) -> Listed[Row]:
    """One page of the rows in the order that is asked for, then in `order`, which must tell any two of them apart.

    `count` knows how many rows there are when no condition is set, without counting them.

    Raises:
        NotFound: the page is past the end; an empty list still has its first page.
    """
    for condition in listing.conditions:
        rows = meeting(rows, condition)
    total = count() if count and not listing.conditions else rows.count()
    start = (listing.page - 1) * listing.size
    if start and start >= total:
        raise NotFound("page_not_found", f"There is no page {listing.page}; the list has {total} items.")
    return Listed(rows=list(rows.order_by(*listing.order, *order)[start : start + listing.size]), total=total)
