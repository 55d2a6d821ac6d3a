"""The operations of the contract, in its order, and which of them are served."""

import re

from sigillo.api.v1.routes import ROUTES

Operation = tuple[str, str]

_USER, _ORGANIZATION = "/{organization-id}/users/{user-id}", "/organizations/{organization-id}"
_IDENTITY, _REQUEST = "/{organization-id}/identities/{identity-id}", "/{organization-id}/identity-requests"
_LIST, _DST = "/{organization-id}/signature-transactions", "/{organization-id}/signature-transactions/{dst-id}"
_SIGNATURE, _TOKEN = "/{organization-id}/signatures/{signature-id}", "/{organization-id}/tokens/{token-id}"
OPERATIONS: tuple[Operation, ...] = (
    ("GET", f"{_USER}/wallet"),
    ("POST", f"{_USER}/wallet"),
    ("GET", f"{_USER}/identity-requests"),
    ("GET", "/{organization-id}/identities"),
    ("POST", "/{organization-id}/identities/create/token"),
    ("GET", _IDENTITY),
    ("DELETE", _IDENTITY),
    ("POST", f"{_IDENTITY}/appearance"),
    ("DELETE", f"{_IDENTITY}/appearance"),
    ("GET", _REQUEST),
    ("GET", f"{_REQUEST}/{{enrollment-id}}"),
    ("DELETE", f"{_REQUEST}/{{enrollment-id}}"),
    ("POST", "/{organization-id}/enroll"),
    ("GET", _ORGANIZATION),
    ("PATCH", _ORGANIZATION),
    ("GET", _LIST),
    ("POST", _LIST),
    ("GET", _DST),
    ("DELETE", _DST),
    ("POST", f"{_DST}/cancel"),
    ("GET", "/{organization-id}/documents/{document-id}/download"),
    ("POST", f"{_SIGNATURE}/perform"),
    ("POST", "/{organization-id}/channels/{dst-id}"),
    ("POST", f"{_SIGNATURE}/perform/{{identity-id}}"),
    ("POST", f"{_SIGNATURE}/session-perform"),
    ("POST", f"{_SIGNATURE}/decline"),
    ("GET", f"{_USER}/tokens"),
    ("GET", "/{organization-id}/tokens"),
    ("POST", "/{organization-id}/tokens"),
    ("GET", _TOKEN),
    ("PUT", _TOKEN),
    ("DELETE", _TOKEN),
    ("GET", "/{organization-id}/users"),
    ("POST", "/{organization-id}/users"),
    ("GET", _USER),
    ("PUT", _USER),
)


def _form(method: str, path: str) -> Operation:
    """The operation, whatever the parts of its path are called."""
    return method, re.sub(r"\{[^}]*\}|<[^>]*>", "*", path)


_SERVED = {_form(route.method, f"/{route.address}") for route in ROUTES}
NOT_YET_SERVED = tuple(operation for operation in OPERATIONS if _form(*operation) not in _SERVED)
"""They answer 404, or 405; as soon as there is a route for one, its samples are run."""
