"""What programs present to show who they are. Values are sealed, and found again by a keyed hash."""

from django.db import models

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.organizations.models import User


class Token(models.Model):
    """An application token: `Authorization: Token <value>` acts as its user."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=200)
    lookup = models.BinaryField(max_length=32, unique=True)
    sealed_value = models.TextField()
    webhooks = models.JSONField(default=dict)
    sealed_http_options = models.TextField(blank=True, default="")
    created_by = models.CharField(max_length=220)
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("user", "-created", "id"), name="token_of_user"),)

    def __str__(self) -> str:
        return f"{self.label} of {self.user_id}"
