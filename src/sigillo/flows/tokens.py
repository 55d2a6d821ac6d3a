"""Application tokens after they were issued: looked at, changed and deleted, by their user and by owners."""

from collections.abc import Mapping, Sequence
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
from sigillo.flows.create_token import IssuedToken, http_options_in, sealed_http_options, value_in
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
    label: str | None,
    webhooks: Mapping[str, str | None] | None,
    http_options: Mapping[str, object] | None,
    masks: Sequence[str] = (),
) -> IssuedToken:
    """Give a token another label, other webhooks or options; None leaves what is, and an object replaces the whole.

    Webhooks that are set start anew, also one that was disabled.

    `masks` are texts that stand for a secret as it was shown: such a value keeps the one that is held.

    Raises:
        NotFound: there is no such token for this principal.
        Invalid: `http_options` are not such as a request can be made with.
    """
    own_only = check_permission(principal, Verb.EDIT_TOKEN) is Scope.OWN
    fresh: str | None = None
    with transaction.atomic():
        token = access_token(principal, token_id, own_only=own_only, lock=True)
        if label is not None:
            token.label = label
        if webhooks is not None:
            fresh = set_webhooks(token, webhooks)
        if http_options is not None:
            options = _unmasked(http_options, http_options_in(token), masks)
            options_from(options, {})
            token.sealed_http_options = sealed_http_options(token.user, token.id, options)
        token.save(update_fields=("label", "webhooks", "sealed_http_options"))
        given = {"label": label, "webhooks": webhooks, "http_options": http_options}
        fields = sorted(name for name, value in given.items() if value is not None)
        data = {"token": str(token.id), "fields": fields}
        record(about_organization(principal), "token.edited", actor=actor(principal), data=data)
    return _opened(token, fresh)


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


def _unmasked(asked: Mapping[str, object], held: Mapping[str, object], masks: Sequence[str]) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in asked.items():
        before = held.get(name)
        if isinstance(value, Mapping):
            kept[name] = _unmasked(value, before if isinstance(before, Mapping) else {}, masks)
        else:
            kept[name] = before if value in masks else value
    return {name: value for name, value in kept.items() if value is not None}
