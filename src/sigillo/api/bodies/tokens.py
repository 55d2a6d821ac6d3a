"""POST tokens, PUT a token."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Address, Body, Headers, Ignored, Text150, Text200, given
from sigillo.api.values import check_web_address
from sigillo.flows.create_token import NewToken

Pem = Annotated[str, Meta(max_length=20_000)]
AuthMode = Annotated[str, Meta(max_length=200, extra_json_schema={"enum": ["basic", "digest"]})]
Secret = Annotated[str, Meta(max_length=1000)]


class WebhooksBody(Body):
    """Where to tell of identities and of transactions."""

    identity: Address | None = None
    dst: Address | None = None

    def to_new(self) -> dict[str, str | None]:
        """Both addresses, checked."""
        changes = self.to_changes()
        return {name: changes.get(name) or None for name in self.__struct_fields__}

    def to_changes(self) -> dict[str, str]:
        """The addresses that were given, checked; an empty one takes away what is there."""
        addresses = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: check_web_address(f"webhooks.{name}", text) for name, text in addresses if text is not None}


class HttpOptionsBody(Body):
    """How requests are made on behalf of this token: downloads of documents, calls of webhooks."""

    headers: Headers | None = None
    auth_username: Text200 | None = None
    auth_password: Secret | None = None
    auth_mode: AuthMode | None = None
    client_key: Pem | None = None
    client_cert: Pem | None = None

    def to_options(self) -> dict[str, object]:
        """The options that were given."""
        return given(self, *self.__struct_fields__)


class TokenBody(Body):
    """A new token; without `user` it is the caller's own."""

    user: Text150 | None = None
    label: Text200 | None = None
    webhooks: WebhooksBody | None = None
    http_options: HttpOptionsBody | None = None

    id: Ignored = IGNORED
    value: Ignored = IGNORED
    created_by: Ignored = IGNORED
    webhook_secret: Ignored = IGNORED
    webhooks_disabled: Ignored = IGNORED

    def to_new(self) -> NewToken:
        """What the flow wants to know."""
        return NewToken(
            user=self.user or None,
            label=self.label or None,
            webhooks=(self.webhooks or WebhooksBody()).to_new(),
            http_options=self.http_options.to_options() if self.http_options else {},
        )


class TokenEditBody(Body):
    """Changes to a token; what is left out, or null, stays at any depth, and an empty text takes a value away.

    Only `headers` are replaced as a whole.
    """

    label: Text200 | None = None
    webhooks: WebhooksBody | None = None
    http_options: HttpOptionsBody | None = None

    id: Ignored = IGNORED
    value: Ignored = IGNORED
    user: Ignored = IGNORED
    created_by: Ignored = IGNORED
    webhook_secret: Ignored = IGNORED
    webhooks_disabled: Ignored = IGNORED
