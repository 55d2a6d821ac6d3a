"""The way in: who asks, for which organization, with which right; only then is the request read and a view called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from msgspec import Struct

from sigillo.api.answers import created, found, listed
from sigillo.api.filters.attributes import Attribute
from sigillo.api.filters.reading import read_filters
from sigillo.api.pagination import pagination, read_page
from sigillo.api.problems import method_not_allowed
from sigillo.api.query import read_query
from sigillo.api.reading import read_body
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.credentials.resolve import check_organization, resolve
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal

Enter = Callable[..., HttpResponseBase]
Attributes = Callable[[Principal], Mapping[str, Attribute]]
"""The filters of a list, for whoever asks."""


class Raw:
    """In the place of an answer's type: the view answers with bytes of its own."""


@dataclass(frozen=True, slots=True)
class Items:
    """What the view of a list found: the shapes of one page, and how many there are on all of them."""

    shapes: Sequence[Struct]
    total: int


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its method and path, the right it needs, what it reads and what it answers.

    `path` is below `/api/v1/{organization}/` unless it names `<str:organization>` itself. The view is called with the
    principal and the parts of the path; with a `body`, whose type this is; with a `listing` where there are
    `filters`, and then it gives `Items`. `answer` is the type of `data`, or of each of its items; None is null.
    Where it is `Raw`, `media_types` are those of the bytes.
    """

    method: str
    path: str
    verb: Verb
    view: Callable[..., Any]
    answer: type | None = None
    body: type[Struct] | None = None
    filters: Attributes | None = None
    status: int = 200
    body_may_be_empty: bool = False
    media_types: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The path below `/api/v1/`."""
        return self.path if "<str:organization>" in self.path else f"<str:organization>/{self.path}"


def entrance(routes: Mapping[str, Route]) -> Enter:
    """The view of one path, whose operations are given by method. HEAD is answered as GET."""

    def enter(request: HttpRequest, organization: str, **parts: str) -> HttpResponseBase:
        route = routes.get("GET" if request.method == "HEAD" else str(request.method))
        if route is None:
            return method_not_allowed(routes)
        principal = resolve(request.headers.get("Authorization", ""))
        check_organization(principal, organization)
        check_permission(principal, route.verb)
        if route.filters is not None:
            return _list(request, route, route.filters, principal, parts)
        given = {"body": read_body(request, route.body, may_be_empty=route.body_may_be_empty)} if route.body else {}
        data = route.view(principal, **parts, **given)
        if isinstance(data, HttpResponseBase):
            return data
        return created(data) if route.status == 201 else found(data)

    return enter


def _list(
    request: HttpRequest, route: Route, filters: Attributes, principal: Principal, parts: Mapping[str, str]
) -> HttpResponseBase:
    query = read_query(request)
    page = read_page(query)
    conditions, order = read_filters(query, filters(principal))
    listing = Listing(conditions=conditions, order=order, page=page.number, size=page.size)
    items: Items = route.view(principal, **parts, listing=listing)
    return listed(pagination(request.path, query, page, items.total), items.shapes)
