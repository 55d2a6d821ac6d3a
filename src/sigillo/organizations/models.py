"""Who there is: organizations, each apart from the others, and the people and programs of each."""

from django.db import models

from sigillo.base.clock import now
from sigillo.base.ids import new_id


class Organization(models.Model):
    """A tenant. Its slug stands in every address of the API and never changes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    dst_default_months = models.PositiveSmallIntegerField(default=3)
    strict_intake = models.BooleanField(default=False)
    created = models.DateTimeField(default=now, editable=False)

    def __str__(self) -> str:
        return self.slug


class User(models.Model):
    """A member of one organization: a person, or a program that signs on its own (`automatic`).

    `handle` is the contract's `id`: chosen by the caller, unique within the organization.
    """

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="users")
    handle = models.CharField(max_length=150)
    email = models.CharField(max_length=254, blank=True, default="")
    first_name = models.CharField(max_length=150, blank=True, default="")
    last_name = models.CharField(max_length=150, blank=True, default="")
    automatic = models.BooleanField(default=False)
    owner = models.BooleanField(default=False)
    rao = models.BooleanField(default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.ENABLED)
    created_by = models.CharField(max_length=220, default="system")
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "handle"), name="user_handle_unique"),)

    def __str__(self) -> str:
        return f"{self.handle}@{self.organization.slug}"

    @property
    def full_name(self) -> str:
        """First and last name; the handle where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.handle
