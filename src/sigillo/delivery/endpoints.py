"""The webhooks of a token: set, forgotten, and what a receiver knows the messages by."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from sigillo.credentials.models import Token
from sigillo.delivery.models import Delivery, Endpoint, SigningSecret
from sigillo.delivery.standard import new_secret
from sigillo.installation import keyring
from sigillo.secrets.sealing import Context

UNSET = "webhook_unset"
TOKEN_DELETED = "token_deleted"  # noqa: S105 - why a delivery ended
GONE = "receiver_gone"
DISABLED = "webhook_disabled"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What is shown of a token's webhooks beside their addresses, which stand in the token.

    `secret` is None where there are no webhooks, and empty where it is not to be shown; `disabled` names those that
    are, and since when.
    """

    secret: str | None = field(default=None, repr=False)
    disabled: Mapping[str, datetime] = field(default_factory=dict)


def with_webhooks(tokens: QuerySet[Token]) -> QuerySet[Token]:
    """The same tokens with everything that `webhooks_of` looks at."""
    return tokens.select_related("signing_secret").prefetch_related("endpoints")


def webhooks_of(token: Token) -> Webhooks:
    """The webhooks of a token whose user is at hand; a secret that they do not have yet is made."""
    endpoints = list(token.endpoints.all())
    if not endpoints:
        return Webhooks()
    return Webhooks(secret_of(token), {row.topic: row.disabled_at for row in endpoints if row.disabled_at})


def set_webhooks(token: Token, webhooks: Mapping[str, str | None]) -> str | None:
    """Give a token, whose user is at hand, these webhooks and no others, inside the caller's transaction.

    Each starts anew, also one that was disabled. What waits for one that is no more will not be sent. Without any,
    the secret is forgotten. Gives the secret if it was made just now.
    """
    topics = {topic for topic in Endpoint.Topic.values if webhooks.get(topic)}
    token.webhooks = dict(webhooks)
    Endpoint.objects.filter(token=token).delete()
    Endpoint.objects.bulk_create(
        Endpoint(organization_id=token.user.organization_id, token=token, topic=topic) for topic in sorted(topics)
    )
    give_up(token.id, set(Endpoint.Topic.values) - topics, UNSET)
    held = SigningSecret.objects.filter(token=token)
    if not topics:
        held.delete()
    return None if not topics or held.exists() else secret_of(token)


def forget_webhooks(token: Token) -> None:
    """Send nothing more to a token that is about to be deleted."""
    Endpoint.objects.filter(token=token).delete()
    give_up(token.id, Endpoint.Topic.values, TOKEN_DELETED)


def give_up(token_id: UUID, topics: Collection[str], reason: str) -> None:
    """End what waits to be sent to these webhooks of a token."""
    waiting = Delivery.objects.filter(token_id=token_id, topic__in=topics, next_attempt_at__isnull=False)
    waiting.update(status=Delivery.Status.FAILED, reason=reason, next_attempt_at=None)


def secret_of(token: Token) -> str:
    """The secret of a token, whose user is at hand; made and kept if it has none yet."""
    row: SigningSecret | None = getattr(token, "signing_secret", None)
    if row is None:
        sealed = keyring().seal(new_secret().encode(), _context(token))
        row, _ = SigningSecret.objects.get_or_create(token=token, defaults={"sealed": sealed})
        token.signing_secret = row
    return keyring().open(row.sealed, _context(token)).decode()


def _context(token: Token) -> Context:
    return Context(tenant=str(token.user.organization_id), table="signing_secret", row=str(token.id), field="sealed")
