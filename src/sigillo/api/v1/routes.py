"""Every operation of the contract that is served, in one table: method, path, right, view."""

from django.urls import URLPattern, path

from sigillo.api.v1 import documents, signature_transactions, signatures, tokens, users, wallets
from sigillo.api.v1.door import Route, entrance
from sigillo.credentials.permissions import Verb

ROUTES: tuple[Route, ...] = (
    Route("POST", "users", Verb.CREATE_USER, users.create),
    Route("POST", "users/<str:user>/wallet", Verb.ASSOCIATE_IDENTITY, wallets.associate),
    Route("POST", "tokens", Verb.CREATE_TOKEN, tokens.create),
    Route("GET", "signature-transactions", Verb.READ_TRANSACTION, signature_transactions.index),
    Route("POST", "signature-transactions", Verb.CREATE_TRANSACTION, signature_transactions.create),
    Route("GET", "signature-transactions/<str:transaction>", Verb.READ_TRANSACTION, signature_transactions.read),
    Route("GET", "documents/<str:document>/download", Verb.DOWNLOAD_DOCUMENT, documents.download),
    Route("POST", "signatures/<str:signature>/perform", Verb.PERFORM_SIGNATURE, signatures.perform),
)


def _patterns(routes: tuple[Route, ...]) -> list[URLPattern]:
    """One pattern a path; its methods are parted behind it, so that a wrong one is 405 and not 404."""
    paths: dict[str, dict[str, Route]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = route
    return [path(f"<str:organization>/{address}", entrance(methods)) for address, methods in paths.items()]


urlpatterns = _patterns(ROUTES)
