"""What programs present to show who they are. Values are sealed, and found again by a keyed hash."""

from django.db import models
from django.db.models import F

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.organizations.models import Organization, User
from sigillo.organizations.texts import Folded


class Token(models.Model):
    """An application token: `Authorization: Token <value>` acts as its user, in whose `organization` it is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens", db_index=False)
    label = models.CharField(max_length=200)
    lookup = models.BinaryField(max_length=32, unique=True)
    sealed_value = models.TextField()
    webhooks = models.JSONField(default=dict)
    sealed_http_options = models.TextField(blank=True, default="")
    created_by = models.CharField(max_length=220)
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = (
            models.Index(fields=("user", "organization", "-created", "id"), name="token_of_user"),
            models.Index(fields=("organization", "-created", "id"), name="token_newest"),
            models.Index(F("organization"), Folded("label"), F("created").desc(), F("id"), name="token_by_label"),
        )

    def __str__(self) -> str:
        return f"{self.label} of {self.user_id}"
