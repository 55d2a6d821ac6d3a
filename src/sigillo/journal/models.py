"""What happened, in order and unalterable, and which of it the outside is told."""

from django.db import models

from sigillo.base.clock import now
from sigillo.base.ids import new_id


class Chain(models.Model):
    """The head of one subject's chain of events; its row lock puts the writers of one subject in a line.

    A subject is a kind and an id without a foreign key: evidence outlives what it speaks of.
    """

    id = models.BigAutoField(primary_key=True)
    organization_id = models.UUIDField()
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    length = models.PositiveIntegerField(default=0)
    head = models.BinaryField(max_length=32, default=bytes(32))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subject_kind", "subject_id"), name="chain_subject_unique"),)

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"


class Event(models.Model):
    """One thing that happened. Rows are only ever added.

    `digest` is SHA-256 over the canonical form of this event and the digest of the one before it
    (`sigillo.journal.chain`). `data` holds ids, digests and states; no secrets, no names of people.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="events")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("chain", "sequence"), name="event_sequence_unique"),)

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind}"


class Fact(models.Model):
    """The outbox: something the outside has a right to be told, written with the change that made it so.

    `sequence` orders the facts of one subject, so that a consumer can put them right whatever arrives first. `data`
    is the message as it will be sent; it may name people, so facts are not kept for ever (`sigillo.flows.upkeep`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="facts")
    organization_id = models.UUIDField()
    message = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    sequence = models.PositiveIntegerField()
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=("at",), name="fact_age"),)

    def __str__(self) -> str:
        return f"{self.message} {self.subject_id}"
