"""Every operation that is served, in one table: each module of a resource ends with its own."""

from django.urls import URLPattern, path

from sigillo.api.v1 import (
    documents,
    enrollments,
    groups,
    identities,
    messages,
    organizations,
    signature_transactions,
    signatures,
    tokens,
    users,
    wallets,
    webhooks,
)
from sigillo.api.v1.door import Route, entrance

ROUTES: tuple[Route, ...] = (
    *organizations.ROUTES,
    *users.ROUTES,
    *wallets.ROUTES,
    *identities.ROUTES,
    *enrollments.ROUTES,
    *groups.ROUTES,
    *tokens.ROUTES,
    *signature_transactions.ROUTES,
    *documents.ROUTES,
    *signatures.ROUTES,
    *messages.ROUTES,
    *webhooks.ROUTES,
)


def _patterns(routes: tuple[Route, ...]) -> list[URLPattern]:
    """One pattern a path; its methods are parted behind it, so that a wrong one is 405 and not 404."""
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        paths.setdefault(route.address, {})[route.method] = route
    return [path(address, entrance(methods)) for address, methods in paths.items()]


urlpatterns = _patterns(ROUTES)
