"""Pages of a list: which one is wanted, and the addresses of its neighbours."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from sigillo.api.query import Query
from sigillo.base.errors import Invalid, NotFound
from sigillo.installation import public_url

DEFAULT_SIZE = 100
MAX_SIZE = 100
PARAMETERS = frozenset({"page", "count"})
_WHOLE = re.compile(r"[+-]?[0-9]+")
_LAST_PAGE = 10**12  # no list has so many pages, and no database counts rows beyond 64 bits


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its number from 1, and how many items it holds."""

    number: int
    size: int


def read_page(query: Query) -> Page:
    """The page that is asked for; a `count` above 100 means 100.

    Raises:
        Invalid: `page` or `count` is no whole number or below 1.
        NotFound: the number is beyond every list's end.
    """
    values = dict(query)
    page = Page(
        number=_whole("page", values.get("page", "1")),
        size=min(_whole("count", values.get("count", str(DEFAULT_SIZE))), MAX_SIZE),
    )
    if page.number > _LAST_PAGE:
        raise NotFound("page_not_found", f"There is no page {values['page'][:40]}.")
    return page


def pagination(path: str, query: Query, page: Page, total: int) -> dict[str, object]:
    """The `pagination` object. `next` and `previous` are absolute and keep every other parameter."""
    pages = max(1, -(-total // page.size))
    return {
        "count": total,
        "next": _address(path, query, page.number + 1) if page.number < pages else None,
        "previous": _address(path, query, page.number - 1) if page.number > 1 else None,
        "pages": pages,
        "page": page.number,
    }


def _whole(name: str, text: str) -> int:
    # The digits are bounded before they are counted: int() takes quadratic time, and refuses 4,300 digits.
    value = int(text[:30]) if _WHOLE.fullmatch(text) else 0
    if value < 1:
        raise Invalid(f"invalid_{name}", f"{name} must be a whole number from 1, not {text[:40]!r}.")
    return value


def _address(path: str, query: Query, number: int) -> str:
    kept = [(name, value) for name, value in query if name != "page"]
    return public_url(f"{quote(path)}?{urlencode([*kept, ('page', str(number))])}")
