"""Where an organization's facts are sent, and what became of each sending."""

from django.db import models

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.credentials.models import Token
from sigillo.journal.models import Fact
from sigillo.organizations.models import Organization


class Endpoint(models.Model):
    """One webhook of a token: where it hears of transactions, or of identities. The address is the token's.

    Setting the webhooks of a token makes new rows, so what is said here is of the address as it was last set.
    `failures` counts the attempts that failed since the last one that did not; until `paused_until` the receiver
    asked to be left alone; one that is `disabled_at` said that it is gone.
    """

    class Topic(models.TextChoices):
        DST = "dst"
        IDENTITY = "identity"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="endpoints", db_index=False)
    topic = models.CharField(max_length=8, choices=Topic)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, default=None)
    disabled_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("token", "topic"), name="endpoint_of_token_unique"),)
        indexes = (models.Index(fields=("organization", "topic"), name="endpoint_of_organization"),)

    def __str__(self) -> str:
        return f"{self.topic} of {self.token_id}"


class SigningSecret(models.Model):
    """What the messages to a token's webhooks are signed with, sealed. It lives as long as the token has webhooks."""

    token = models.OneToOneField(Token, primary_key=True, on_delete=models.CASCADE, related_name="signing_secret")
    sealed = models.TextField()

    def __str__(self) -> str:
        return f"of {self.token_id}"


class Delivery(models.Model):
    """One fact on its way to one webhook, and the log of it.

    It is pending as long as there is a `next_attempt_at`; while an attempt is under way, that is when its lease ends.
    `attempts` counts those that began, `failures` those that failed since it was last sent off, and `answers` holds
    the newest of them. `reason` says why it failed for good. The token is named, not keyed: the log outlives it, and
    a fact is never held up by a token that goes away.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    token_id = models.UUIDField()
    topic = models.CharField(max_length=8, choices=Endpoint.Topic)
    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="deliveries")
    test = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=20, blank=True, default="")
    created = models.DateTimeField(default=now, editable=False)
    next_attempt_at = models.DateTimeField(null=True, default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    answers = models.JSONField(default=list)

    class Meta:
        indexes = (
            models.Index(fields=("organization", "-created", "id"), name="delivery_newest"),
            models.Index(
                fields=("token_id", "topic", "next_attempt_at"),
                name="delivery_due",
                condition=models.Q(next_attempt_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.fact_id} to {self.topic} of {self.token_id}: {self.status}"
