"""Tokens, reached only through a principal: "not yours" is "not there"."""

from uuid import UUID

from django.db.models import QuerySet

from sigillo.base.errors import NotFound
from sigillo.credentials.models import Token
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal


def visible_tokens(principal: Principal, *, own_only: bool) -> QuerySet[Token]:
    """The tokens of the principal's organization; with `own_only`, its user's own."""
    rows = Token.objects.select_related("user").filter(organization_id=principal.organization_id)
    return rows.filter(user_id=principal.user_id) if own_only else rows


def access_token(principal: Principal, token_id: UUID, *, own_only: bool, lock: bool = False) -> Token:
    """One token with its user; with `lock`, held until the end of the caller's transaction.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    rows = visible_tokens(principal, own_only=own_only)
    token = (rows.select_for_update(of=("self",)) if lock else rows).filter(id=token_id).first()
    if token is None:
        raise NotFound("token_not_found", "There is no such token; check its id.")
    return token


def tokens_of(user: User) -> QuerySet[Token]:
    """The tokens of one user."""
    return Token.objects.select_related("user").filter(organization_id=user.organization_id, user=user)
