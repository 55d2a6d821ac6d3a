"""Application tokens after they were issued: looked at, changed and deleted, by their user and by owners."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import transaction

from sigillo.base.errors import NotFound
from sigillo.credentials.access import access_token, tokens_of, visible_tokens
from sigillo.credentials.models import Token
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.delivery.endpoints import forget_webhooks, set_webhooks, webhooks_of, with_webhooks
from sigillo.documents.fetch_options import options_from
from sigillo.flows.create_token import (
    DEFAULT_LABEL,
    IssuedToken,
    check_webhooks,
    http_options_in,
    sealed_http_options,
    value_in,
)
from sigillo.flows.http_options import merge_http_options
from sigillo.flows.read_users import find_user
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import record
from sigillo.organizations.listing import Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in, total

NEWEST_FIRST = ("-created", "id")


@dataclass(frozen=True, slots=True)
class ListedTokens:
    """The tokens of one page and how many there are on all pages."""

    rows: list[IssuedToken]
    total: int


def list_tokens(principal: Principal, listing: Listing) -> ListedTokens:
    """A page of the tokens that the principal may see. Raises NotFound past the end."""
    own_only = check_permission(principal, Verb.READ_TOKEN) is Scope.OWN
    count = None if own_only else lambda: total(principal.organization_id, Counted.TOKENS)
    rows = with_webhooks(visible_tokens(principal, own_only=own_only))
    page = take_page(rows, listing, order=NEWEST_FIRST, count=count)
    return ListedTokens([_opened(token) for token in page.rows], page.total)


def list_tokens_of(principal: Principal, handle: str, listing: Listing) -> ListedTokens:
    """A page of one user's tokens.

    Raises:
        NotFound: there is no such user for this principal, or the page is past the end.
    """
    own_only = check_permission(principal, Verb.READ_TOKEN) is Scope.OWN
    user = find_user(principal, handle, own_only=own_only)
    page = take_page(with_webhooks(tokens_of(user)), listing, order=NEWEST_FIRST)
    return ListedTokens([_opened(token) for token in page.rows], page.total)


def read_token(principal: Principal, token_id: UUID) -> IssuedToken:
    """One token. Raises NotFound where there is none of this id for this principal."""
    own_only = check_permission(principal, Verb.READ_TOKEN) is Scope.OWN
    return _opened(access_token(principal, token_id, own_only=own_only))


def edit_token(
    principal: Principal,
    token_id: UUID,
    *,
    label: str | None = None,
    webhooks: Mapping[str, str] | None = None,
    http_options: Mapping[str, object] | None = None,
    masks: Collection[str] = (),
) -> IssuedToken:
    """Change what is asked for and different; None and what is not named stay, an empty text takes a value away.

    Without its label a token has the default one. `masks` are texts that stand for a secret as it was shown: such a
    text keeps the secret. Downloads that still wait are made with what is held when they are made.
    Webhooks that are set start anew, also one that was disabled.

    Raises:
        NotFound: there is no such token for this principal.
        Invalid: `http_options` or `webhooks` are not such as a request can be made with.
    """
    own_only = check_permission(principal, Verb.EDIT_TOKEN) is Scope.OWN
    fresh: str | None = None
    with transaction.atomic():
        token = access_token(principal, token_id, own_only=own_only, lock=True)
        changes = _changes(token, label, webhooks or {}, http_options or {}, masks)
        if webhooks and webhooks_of(token).disabled:
            changes.setdefault("webhooks", _given(token.webhooks))
        if changes:
            for name, value in changes.items():
                setattr(token, name, value)
            if "webhooks" in changes:
                fresh = set_webhooks(token, token.webhooks)
            token.save(update_fields=tuple(changes))
            fields = sorted(name.removeprefix("sealed_") for name in changes)
            data = {"token": str(token.id), "fields": fields}
            record(about_organization(principal), "token.edited", actor=actor(principal), data=data)
    return _opened(token, fresh)


def _changes(
    token: Token,
    label: str | None,
    webhooks: Mapping[str, str],
    http_options: Mapping[str, object],
    masks: Collection[str],
) -> dict[str, object]:
    """The columns that differ from what is."""
    changes: dict[str, object] = {}
    if label is not None and (label or DEFAULT_LABEL) != token.label:
        changes["label"] = label or DEFAULT_LABEL
    addresses = _given({**token.webhooks, **webhooks})
    if addresses != _given(token.webhooks):
        check_webhooks(addresses)
        changes["webhooks"] = addresses
    held = http_options_in(token)
    options = merge_http_options(held, http_options, masks)
    if options != held:
        options_from(options, {})
        changes["sealed_http_options"] = sealed_http_options(token.user, token.id, options)
    return changes


def _given(webhooks: Mapping[str, str | None]) -> dict[str, str]:
    return {name: address for name, address in webhooks.items() if address}


def delete_token(principal: Principal, token_id: UUID) -> None:
    """Delete a token: from the next request on it is unknown. Raises NotFound."""
    own_only = check_permission(principal, Verb.EDIT_TOKEN) is Scope.OWN
    with transaction.atomic():
        token = access_token(principal, token_id, own_only=own_only, lock=True)
        data = {"token": str(token.id), "user": str(token.user_id)}
        record(about_organization(principal), "token.deleted", actor=actor(principal), data=data)
        forget_webhooks(token)
        if not Token.objects.filter(id=token.id).delete()[0]:
            raise NotFound("token_not_found", "There is no such token; check its id.")
        count_in(principal.organization_id, Counted.TOKENS, -1)


def _opened(token: Token, fresh: str | None = None) -> IssuedToken:
    """The token with its secrets; where this installation shows them once, only with a `fresh` one for webhooks."""
    webhooks = webhooks_of(token)
    if settings.SIGILLO_TOKENS_SHOW_ONCE:
        webhooks = replace(webhooks, secret=webhooks.secret and (fresh or ""))
    value = "" if settings.SIGILLO_TOKENS_SHOW_ONCE else value_in(token)
    return IssuedToken(token=token, value=value, http_options=http_options_in(token), webhooks=webhooks)
