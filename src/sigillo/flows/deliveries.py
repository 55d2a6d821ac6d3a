"""The log of what was sent to webhooks: read, sent again, and tried out by owners."""

from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Invalid
from sigillo.credentials.access import access_token
from sigillo.credentials.permissions import Verb, check_permission
from sigillo.delivery.access import access_delivery, visible_deliveries
from sigillo.delivery.messages import DST, ENROLLED, TOPICS, sample
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.delivery.outbox import send
from sigillo.flows.voice import about_organization, actor
from sigillo.journal.record import Entry, record, record_all
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.queue.port import enqueue

NEWEST_FIRST = ("-created", "id")


def list_deliveries(principal: Principal, listing: Listing) -> Listed[Delivery]:
    """A page of the organization's deliveries of the last thirty days. Raises NotFound past the end."""
    check_permission(principal, Verb.READ_DELIVERY)
    return take_page(visible_deliveries(principal), listing, order=NEWEST_FIRST)


def replay_delivery(principal: Principal, delivery_id: UUID) -> Delivery:
    """Send a message once more, whatever became of it: under the same id, and with all attempts before it.

    Raises:
        NotFound: there is no such delivery for this principal.
        Conflict: its webhook is no more, or is disabled.
    """
    check_permission(principal, Verb.REPLAY_DELIVERY)
    row = access_delivery(principal, delivery_id)
    with transaction.atomic():
        _open_endpoint(principal, row.token_id, row.topic)
        Delivery.objects.filter(id=row.id).update(
            status=Delivery.Status.PENDING, reason="", failures=0, next_attempt_at=now()
        )
        data = {"delivery": str(row.id), "token": str(row.token_id)}
        record(about_organization(principal), "webhook.replayed", actor=actor(principal), data=data)
        enqueue("deliver", row.organization_id)
    return access_delivery(principal, row.id)


def try_webhook(principal: Principal, token_id: UUID, message: str | None) -> Delivery:
    """Send a message about nothing to a webhook of a token; without a word of which, one that it can hear.

    Raises:
        NotFound: there is no such token for this principal.
        Invalid: there is no such message.
        Conflict: the token has no such webhook, or it is disabled.
    """
    check_permission(principal, Verb.TRY_WEBHOOK)
    if message is not None and message not in TOPICS:
        raise Invalid("unknown_message", f"message: {message[:60]!r} is none; use one of {', '.join(TOPICS)}.")
    token = access_token(principal, token_id, own_only=False)
    chosen = message or (DST if token.webhooks.get("dst") else ENROLLED)
    with transaction.atomic():
        endpoint = _open_endpoint(principal, token.id, TOPICS[chosen])
        data = {"token": str(token.id), "message": chosen}
        entry = Entry("webhook.tried", data, sample(chosen, token.id))
        facts = record_all(about_organization(principal), [entry], actor=actor(principal))
        (delivery,) = send(facts, [endpoint], test=True)
    return delivery


def _open_endpoint(principal: Principal, token_id: UUID, topic: str) -> Endpoint:
    """A webhook that messages can be sent to, held so that nobody changes it meanwhile."""
    rows = Endpoint.objects.select_for_update().filter(organization_id=principal.organization_id)
    endpoint = rows.filter(token_id=token_id, topic=topic).first()
    if endpoint is None:
        raise Conflict("no_webhook", f"The token has no webhook for {topic}, or is no more; set the webhook first.")
    if endpoint.disabled_at is not None:
        raise Conflict("webhook_disabled", "The receiver answered that it is gone; set the webhook of its token again.")
    return endpoint
