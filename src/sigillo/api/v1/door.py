"""The way in: who asks, for which organization, with which right; only then does a view see the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sigillo.api.problems import method_not_allowed
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.credentials.resolve import check_organization, resolve

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its method, its path below `/api/v1/{organization}/`, the right it needs, and its view."""

    method: str
    path: str
    verb: Verb
    view: View


def entrance(routes: Mapping[str, Route]) -> View:
    """The view of one path, whose operations are given by method. HEAD is answered as GET."""

    def enter(request: HttpRequest, organization: str, **parts: str) -> HttpResponseBase:
        route = routes.get("GET" if request.method == "HEAD" else str(request.method))
        if route is None:
            return method_not_allowed(routes)
        principal = resolve(request.headers.get("Authorization", ""))
        check_organization(principal, organization)
        check_permission(principal, route.verb)
        return route.view(request, principal, **parts)

    return enter
