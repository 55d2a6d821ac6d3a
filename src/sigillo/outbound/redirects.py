"""Where a redirect leads, and what may not go along."""

from dataclasses import replace
from urllib.parse import urljoin

from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.targets import Target, read_target
from sigillo.outbound.values import Request

STATUSES = frozenset({301, 302, 303, 307, 308})
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})


def follow(request: Request, target: Target, status: int, location: str | None) -> Request:
    """The next request after a redirect (RFC 9110, 15.4).

    Outside the origin nothing goes along that the caller chose for it: no credentials, no client certificate,
    no body, no header of his own, since any of them may be a key. They do not come back if the chain returns.
    """
    if not location:
        message = f"{target.name} answered {status} without saying where to go."
        raise OutboundFailed("outbound_redirect", message, permanent=True, status=status)
    following = read_target(_joined(target, location))
    if target.scheme == "https" and following.scheme == "http":
        message = f"{target.name} redirects from https to http, where the answer could be changed on its way."
        raise OutboundRefused("outbound_downgrade", message)
    same = status in (307, 308)
    method = request.method if same else "GET"
    if following.origin == target.origin:
        return replace(request, url=following.url, method=method, body=request.body if same else b"")
    kept = {name: value for name, value in request.headers.items() if name.lower() in _HARMLESS}
    return Request(following.url, method, kept)


def _joined(target: Target, location: str) -> str:
    try:
        return urljoin(target.url, location.encode("latin-1").decode("utf-8"))
    except ValueError as error:
        message = f"{target.name} redirects to a URL that cannot be read."
        raise OutboundRefused("outbound_redirect", message) from error
