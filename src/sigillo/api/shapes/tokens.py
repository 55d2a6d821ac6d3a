"""An application token, in the contract's keys."""

from collections.abc import Mapping
from typing import cast

from sigillo.api.shapes.masks import MASK, masked_headers
from sigillo.flows.create_token import IssuedToken


def token_shape(issued: IssuedToken) -> dict[str, object]:
    """The token with its value in full, for its own user and for owners; other secrets are masked."""
    token = issued.token
    return {
        "id": str(token.id),
        "value": issued.value,
        "user": token.user.handle,
        "webhooks": {"identity": token.webhooks.get("identity"), "dst": token.webhooks.get("dst")},
        "http_options": http_options_shape(issued.http_options),
        "label": token.label,
        "created_by": token.created_by,
    }


def http_options_shape(options: Mapping[str, object]) -> dict[str, object]:
    """The options with what could be a credential masked; what was not given is null, and headers are empty."""
    return {
        "headers": masked_headers(cast(Mapping[str, str], options.get("headers") or {})),
        "auth_username": options.get("auth_username"),
        "auth_password": MASK if options.get("auth_password") else None,
        "auth_mode": options.get("auth_mode"),
        "client_key": MASK if options.get("client_key") else None,
        "client_cert": options.get("client_cert"),
    }
