"""An application token, in the contract's keys."""

from collections.abc import Mapping
from typing import cast

from msgspec import Struct

from sigillo.api.shapes.fields import Identifier
from sigillo.api.shapes.masks import MASK, masked_headers
from sigillo.api.shapes.moments import moment
from sigillo.flows.create_token import IssuedToken


class WebhooksShape(Struct):
    """Of identities and of transactions: where word is sent, or since when no more."""

    identity: str | None = None
    dst: str | None = None


class HttpOptionsShape(Struct):
    """How requests are made on behalf of a token; what could be a credential is masked."""

    headers: dict[str, str]
    auth_username: str | None
    auth_password: str | None
    auth_mode: str | None
    client_key: str | None
    client_cert: str | None


class TokenShape(Struct):
    """A token. `value` is the credential itself, shown to its user and to owners, else masked.

    So is `webhook_secret`, by which a receiver knows that a message is ours; it is null without webhooks.
    `webhooks_disabled` says since when a webhook is disabled, as its receiver answered that it is gone.
    """

    id: Identifier
    value: str
    user: str
    webhooks: WebhooksShape
    http_options: HttpOptionsShape
    label: str
    created_by: str
    webhook_secret: str | None
    webhooks_disabled: WebhooksShape


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
        webhook_secret=MASK if issued.webhooks.secret == "" else issued.webhooks.secret,
        webhooks_disabled=WebhooksShape(
            **{topic: moment(at) for topic, at in issued.webhooks.disabled.items()},
        ),
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
