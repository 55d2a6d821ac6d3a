"""Receivers of webhooks: servers on loopback that check what they are sent, and behave well or badly."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks.webhooks import Webhook

from sigillo.credentials.models import Token
from sigillo.delivery.endpoints import webhooks_of
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.flows.claim_deliveries import PassedOver, claim_deliveries, due_endpoints
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.deliver import call, conclude
from tests.outbound.servers import Reply, Site, reply, serve
from tests.support.world import Actor

OK = reply(200)


@dataclass
class Got:
    """One request as the receiver got it."""

    path: str
    headers: Message
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def open(self, secret: str) -> dict[str, Any]:
        """The payload, once the receiver's own library has checked it by the secret that it was told."""
        payload: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers.items()))
        return payload


@dataclass
class Receiver:
    """A running receiver: what it was sent, and what it answers, in turn; the last answer is for all that follow."""

    answers: list[Reply]
    got: list[Got] = field(default_factory=list)
    site: Site = field(default_factory=lambda: Site("", 0, ""))

    def behave(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.got.append(Got(handler.path, handler.headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer(handler)


@contextmanager
def receiver(*answers: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that answers so; without a word it takes everything."""
    made = Receiver(list(answers) or [OK])
    with serve(made.behave, tls) as made.site:
        yield made


def listening(
    actor: Actor, dst: str = "", identity: str = "", http_options: Mapping[str, object] | None = None
) -> Token:
    """A token of the actor's whose webhooks are these."""
    new = NewToken(webhooks={"dst": dst or None, "identity": identity or None}, http_options=http_options or {})
    return create_token(actor.principal, new).token


def secret(token: Token) -> str:
    """What the receiver of the token's webhooks was told."""
    told = webhooks_of(Token.objects.select_related("user").get(id=token.id)).secret
    assert told
    return told


def send_all() -> int:
    """Do in this thread what the worker does in many, with all that is due; how many calls it took."""
    claims = [claim for endpoint in due_endpoints(PassedOver()) for claim in claim_deliveries(endpoint.id, 100)]
    for claim in claims:
        conclude(claim, call(claim))
    return len(claims)


def hurry() -> None:
    """Whatever is waited for is due now."""
    Delivery.objects.filter(next_attempt_at__isnull=False).update(
        next_attempt_at=Delivery.objects.earliest("created").created
    )
    Endpoint.objects.update(paused_until=None)
