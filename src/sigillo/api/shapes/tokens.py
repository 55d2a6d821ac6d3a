"""An application token, in the contract's keys."""

from collections.abc import Mapping
from typing import cast

from msgspec import Struct

from sigillo.api.shapes.masks import MASK, masked_headers
from sigillo.flows.create_token import IssuedToken


class WebhooksShape(Struct):
    """Where word of identities and of transactions is sent."""

    identity: str | None
    dst: str | None


class HttpOptionsShape(Struct):
    """How requests are made on behalf of a token; what could be a credential is masked."""

    headers: dict[str, str]
    auth_username: str | None
    auth_password: str | None
    auth_mode: str | None
    client_key: str | None
    client_cert: str | None


class TokenShape(Struct):
    """A token. `value` is the credential itself, shown to its user and to owners, else masked."""

    id: str
    value: str
    user: str
    webhooks: WebhooksShape
    http_options: HttpOptionsShape
    label: str
    created_by: str


def token_shape(issued: IssuedToken) -> TokenShape:
    """The token; without its value a mask stands in."""
    token = issued.token
    return TokenShape(
        id=str(token.id),
        value=issued.value or MASK,
        user=token.user.handle,
        webhooks=WebhooksShape(identity=token.webhooks.get("identity"), dst=token.webhooks.get("dst")),
        http_options=http_options_shape(issued.http_options),
        label=token.label,
        created_by=token.created_by,
    )


def http_options_shape(options: Mapping[str, object]) -> HttpOptionsShape:
    """What was not given is null, and headers are empty."""
    texts = cast(Mapping[str, str], options)
    return HttpOptionsShape(
        headers=masked_headers(cast(Mapping[str, str], options.get("headers") or {})),
        auth_username=texts.get("auth_username"),
        auth_password=MASK if texts.get("auth_password") else None,
        auth_mode=texts.get("auth_mode"),
        client_key=MASK if texts.get("client_key") else None,
        client_cert=texts.get("client_cert"),
    )
