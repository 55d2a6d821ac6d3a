"""Who there is: organizations, each apart from the others, and the people and programs of each."""

from django.db import models
from django.db.models import F

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.organizations.texts import FULL_NAME, Folded

_OLDEST_FIRST = (F("created"), F("id"))


class Organization(models.Model):
    """A tenant. Its slug stands in every address of the API and never changes.

    `dst_default_days`, where it is set, comes before `dst_default_months`. `signature_appearance` and `logo` are
    addresses of images, as they were given.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    dst_default_months = models.PositiveSmallIntegerField(default=3)
    dst_default_days = models.PositiveSmallIntegerField(null=True, default=None)
    default_rao = models.ForeignKey("User", null=True, default=None, on_delete=models.PROTECT, related_name="+")
    signature_appearance = models.CharField(max_length=2000, blank=True, default="")
    logo = models.CharField(max_length=2000, blank=True, default="")
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
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="users", db_index=False)
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
        # One for each filter of the list, each in the list's order.
        indexes = (
            models.Index(fields=("organization", "created", "id"), name="user_oldest"),
            models.Index(fields=("organization", "rao", "created", "id"), name="user_by_rao"),
            models.Index(fields=("organization", "automatic", "created", "id"), name="user_by_automatic"),
            models.Index(F("organization"), Folded("handle"), *_OLDEST_FIRST, name="user_by_handle"),
            models.Index(F("organization"), Folded("email"), *_OLDEST_FIRST, name="user_by_email"),
            models.Index(F("organization"), Folded("first_name"), *_OLDEST_FIRST, name="user_by_first_name"),
            models.Index(F("organization"), Folded("last_name"), *_OLDEST_FIRST, name="user_by_last_name"),
            models.Index(F("organization"), Folded(FULL_NAME), *_OLDEST_FIRST, name="user_by_full_name"),
        )

    def __str__(self) -> str:
        return f"{self.handle}@{self.organization.slug}"

    @property
    def full_name(self) -> str:
        """First and last name; the handle where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.handle


class Group(models.Model):
    """Users of one organization of whom any may sign what is due from the group. Its name stands in addresses."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="groups", db_index=False)
    name = models.CharField(max_length=150)
    members = models.ManyToManyField(User, through="Membership", related_name="groups")
    created_by = models.CharField(max_length=220)
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "name"), name="group_name_unique"),)
        indexes = (models.Index(F("organization"), Folded("name"), F("name"), name="group_by_name"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That a user belongs to a group."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("group", "user"), name="membership_unique"),)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"


class Tally(models.Model):
    """How many rows of a list an organization has, so that nobody counts a million of them for one page.

    A count is spread over several shards, so that writers of one organization do not stand in a line.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    what = models.CharField(max_length=20)
    shard = models.PositiveSmallIntegerField()
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organization", "what", "shard"), name="tally_unique"),)

    def __str__(self) -> str:
        return f"{self.what} of {self.organization_id}: {self.count}"
