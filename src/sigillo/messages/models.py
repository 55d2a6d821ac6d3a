"""What we write to people: one-time passwords and invitations, on their way to a telephone or a mailbox."""

from django.db import models

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.organizations.models import Organization, User


class Message(models.Model):
    """One message to one person. Address and text are sealed: a text may hold a one-time password.

    `sealed_text` is emptied once the message was sent or given up, except in the sandbox, where owners may read it
    (`GET /api/v1/{org}/messages`). `next_attempt_at` is when a worker may take it, null once nobody will; after
    `expires` it is of no use and not sent any more. `subject` is shown as it is and holds no secret.
    """

    class Channel(models.TextChoices):
        SMS = "sms"
        EMAIL = "email"

    class Status(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        KEPT = "kept"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="messages")
    user = models.ForeignKey(User, null=True, default=None, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    sealed_address = models.TextField()
    subject = models.CharField(max_length=200, blank=True, default="")
    sealed_text = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=None)
    expires = models.DateTimeField(null=True, default=None)
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=("organization", "-created", "id"), name="message_newest"),
            models.Index(fields=("next_attempt_at",), name="message_due"),
        )

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"
