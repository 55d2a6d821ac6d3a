"""A user gets an application token; its value is shown to the user and to owners."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction

from sigillo.base.errors import Forbidden
from sigillo.base.ids import new_id
from sigillo.credentials.kinds.application import LOOKUP_PURPOSE
from sigillo.credentials.models import Token
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.delivery.endpoints import Webhooks, set_webhooks
from sigillo.documents.fetch_options import options_from
from sigillo.flows.http_options import merge_http_options
from sigillo.flows.voice import about_organization, actor
from sigillo.flows.wanted import at
from sigillo.installation import keyring
from sigillo.journal.record import record
from sigillo.organizations.access import access_enabled_user
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.outbound.targets import read_target
from sigillo.secrets.sealing import Context
from sigillo.secrets.tokens import new_value

DEFAULT_LABEL = "Signing Today Token"


@dataclass(frozen=True, slots=True)
class NewToken:
    """What the caller says of the new token; without `user` it is for the caller."""

    user: str | None = None
    label: str | None = None
    webhooks: Mapping[str, str | None] = field(default_factory=dict)
    http_options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The stored token with its value in the clear, for the one answer that shows it."""

    token: Token
    value: str
    http_options: Mapping[str, object]
    webhooks: Webhooks = field(default_factory=Webhooks)


def create_token(principal: Principal, new: NewToken, masks: Collection[str] = ()) -> IssuedToken:
    """Issue a token for a user of the organization. `masks` are texts that no secret can be.

    Raises:
        Forbidden: the token is for somebody else and the principal is no owner.
        NotFound: there is no such user.
        Invalid: `http_options` or `webhooks` are not such as a request can be made with.
    """
    scope = check_permission(principal, Verb.CREATE_TOKEN)
    handle = new.user or principal.handle
    if scope is Scope.OWN and handle != principal.handle:  # before the look-up, so that it tells nobody who exists
        raise Forbidden("not_your_token", "Only an owner creates tokens for other users; leave user out for your own.")
    user = access_enabled_user(principal, handle)
    options = merge_http_options({}, new.http_options, masks)
    options_from(options, {})
    check_webhooks(new.webhooks)
    with transaction.atomic():
        issued = store_token(user, replace(new, http_options=options), created_by=principal.name)
        record(
            about_organization(principal),
            "token.created",
            actor=actor(principal),
            data={"token": str(issued.token.id), "user": str(user.id)},
        )
    return issued


def check_webhooks(webhooks: Mapping[str, str | None]) -> None:
    """Refuse an address that is never called, such as one with a password in it. Raises Invalid."""
    for name, address in webhooks.items():
        if address:
            with at(f"webhooks.{name}"):
                read_target(address)


def store_token(user: User, new: NewToken, *, created_by: str) -> IssuedToken:
    """Write the row of a token, inside the caller's transaction."""
    row_id, value = new_id(), new_value()
    token = Token.objects.create(
        id=row_id,
        organization_id=user.organization_id,
        user=user,
        label=new.label or DEFAULT_LABEL,
        lookup=keyring().lookup(LOOKUP_PURPOSE, value),
        sealed_value=keyring().seal(value.encode(), _context(user, row_id, "value")),
        webhooks=dict(new.webhooks),
        sealed_http_options=sealed_http_options(user, row_id, new.http_options),
        created_by=created_by,
    )
    count_in(user.organization_id, Counted.TOKENS)
    secret = set_webhooks(token, new.webhooks) if any(new.webhooks.values()) else None
    return IssuedToken(token=token, value=value, http_options=new.http_options, webhooks=Webhooks(secret))


def sealed_http_options(user: User, token_id: UUID, options: Mapping[str, object]) -> str:
    """The options as they are stored with a token of the user's."""
    if not options:
        return ""
    return keyring().seal(json.dumps(dict(options)).encode(), _context(user, token_id, "http_options"))


def value_in(token: Token) -> str:
    """The value of a token whose user is at hand."""
    return keyring().open(token.sealed_value, _context(token.user, token.id, "value")).decode()


def http_options_of(token_id: UUID | None) -> dict[str, object]:
    """The options that a token carries for downloads and webhooks; empty when the token is gone or has none."""
    token = Token.objects.select_related("user").filter(id=token_id).first() if token_id else None
    return http_options_in(token) if token else {}


def http_options_in(token: Token) -> dict[str, object]:
    """The options of a token whose user is at hand."""
    if not token.sealed_http_options:
        return {}
    options: dict[str, object] = json.loads(
        keyring().open(token.sealed_http_options, _context(token.user, token.id, "http_options"))
    )
    return options


def _context(user: User, row_id: UUID, name: str) -> Context:
    return Context(tenant=str(user.organization_id), table="token", row=str(row_id), field=name)
