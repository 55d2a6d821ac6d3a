"""Certificates and their keys: the embedded authority of this installation, and the identities of people."""

from django.db import models
from django.db.models import F, Q

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.organizations.models import Organization, User
from sigillo.organizations.texts import Folded

_NEWEST_FIRST = (F("created").desc(), F("id"))
_THERE = Q(deleted_at=None)


def _filters_of_list(name: str) -> tuple[models.Index, ...]:
    """An index for each filter of a list, in the list's order and without what was deleted."""
    columns: dict[str, tuple[F | Folded, ...]] = {
        "newest": (),
        "by_provider": (Folded("provider_id"),),
        "registered_by": (F("registered_by"),),
        "by_fiscal_code": (Folded("fiscal_code"),),
    }
    return tuple(
        models.Index(F("organization"), *column, *_NEWEST_FIRST, name=f"{name}_{suffix}", condition=_THERE)
        for suffix, column in columns.items()
    )


class Authority(models.Model):
    """A certificate authority of this installation: one root, and an issuing one for each public address.

    Certificates name the address of their revocation list, so a new public address gets a new issuing authority;
    `public_url` is what those addresses begin with (`sigillo.installation.pki_url`). The key is sealed
    (`sigillo.installation.keyring`). `revocations` counts what it revoked, in the transaction that revokes, so that
    one look tells whether a list of yesterday is still the newest.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    public_url = models.CharField(max_length=300, blank=True, default="")
    certificate = models.BinaryField()
    sealed_key = models.TextField()
    revocations = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("public_url",), name="authority_address_unique"),)

    def __str__(self) -> str:
        return f"issuing authority of {self.public_url}" if self.parent_id else "root authority"


class IssuedCertificate(models.Model):
    """The register of what an authority issued, and the source of its revocation list."""

    id = models.BigAutoField(primary_key=True)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="issued")
    serial = models.CharField(max_length=40)
    not_after = models.DateTimeField()
    issued = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True, default=None)
    reason = models.CharField(max_length=30, blank=True, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("authority", "serial"), name="issued_serial_unique"),)
        indexes = (
            models.Index(
                fields=("authority", "revoked_at"),
                name="issued_revoked",
                condition=models.Q(revoked_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.serial


class RevocationList(models.Model):
    """The newest list that an authority signed, kept so that reading it costs no signature.

    `covers` is at most the number of revoked certificates that are on it (`Authority.revocations` when it was begun).
    """

    authority = models.OneToOneField(
        Authority, primary_key=True, on_delete=models.PROTECT, related_name="revocation_list"
    )
    number = models.BigIntegerField()
    covers = models.PositiveIntegerField()
    this_update = models.DateTimeField()
    der = models.BinaryField()

    def __str__(self) -> str:
        return f"list {self.number} of the {self.authority}"


class Responder(models.Model):
    """Who answers for an authority whether a certificate is revoked: a delegate with a short life and a key of its own.

    The row is renewed in place, so that the key of a delegate that is over is gone.
    """

    authority = models.OneToOneField(Authority, primary_key=True, on_delete=models.PROTECT, related_name="responder")
    certificate = models.BinaryField()
    sealed_key = models.TextField()
    not_after = models.DateTimeField()

    def __str__(self) -> str:
        return f"responder of the {self.authority}"


class TimestampUnit(models.Model):
    """Who time-stamps for this installation: certified by an issuing authority, with a key of its own.

    `key_until` is when a new key takes its place; the row is renewed in place, so that the old key is gone. What it
    stamped can be checked until its certificate ends.
    """

    authority = models.OneToOneField(
        Authority, primary_key=True, on_delete=models.PROTECT, related_name="timestamp_unit"
    )
    certificate = models.BinaryField()
    sealed_key = models.TextField()
    key_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"time-stamping unit of the {self.authority}"


class Identity(models.Model):
    """One certificate in somebody's wallet, with what it takes to use its key.

    `certificate_pem` and `chain_pem` are public. The private key and the provider's data are sealed; of the
    password only an Argon2id hash is kept. `failed_attempts` locks the identity at five wrong passwords,
    `failed_codes` at a hundred wrong one-time passwords. `appearance_digest` names the image that was fetched from
    `appearance_uri`. A deleted identity stays as evidence, without its key.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        ERROR = "error"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="identities", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="wallet", db_index=False)
    provider_id = models.CharField(max_length=40)
    label = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    certificate_pem = models.TextField(blank=True, default="")
    chain_pem = models.TextField(blank=True, default="")
    not_after = models.DateTimeField(null=True, default=None)
    sealed_key = models.TextField(blank=True, default="")
    sealed_provider_data = models.TextField(blank=True, default="")
    password_hash = models.CharField(max_length=200, blank=True, default="")
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    failed_codes = models.PositiveSmallIntegerField(default=0)
    registered_by = models.ForeignKey(User, null=True, default=None, on_delete=models.PROTECT, related_name="+")
    fiscal_code = models.CharField(max_length=64, blank=True, default="")
    has_been_imported = models.BooleanField(default=False)
    appearance_uri = models.CharField(max_length=2000, blank=True, default="")
    appearance_digest = models.CharField(max_length=64, blank=True, default="", db_index=True)
    created = models.DateTimeField(default=now, editable=False)
    deleted_at = models.DateTimeField(null=True, default=None)

    class Meta:
        indexes = (
            models.Index(fields=("user", "organization", "-created", "id"), name="identity_of_user"),
            *_filters_of_list("identity"),
        )

    def __str__(self) -> str:
        return f"{self.label or self.provider_id} ({self.id})"


class Enrollment(models.Model):
    """Somebody's request for an identity, from its submission until it is activated, refused or deleted.

    The identity is there from the beginning and pending until then; of one that was refused it is an error. What the
    provider was told is sealed with the identity. `ticket` opens the page where the person goes on.
    """

    Status = Identity.Status

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="enrollments", db_index=False)
    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="enrollment")
    provider_id = models.CharField(max_length=40)
    label = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=7, choices=Identity.Status, default=Identity.Status.PENDING)
    registered_by = models.ForeignKey(User, null=True, default=None, on_delete=models.PROTECT, related_name="+")
    fiscal_code = models.CharField(max_length=64, blank=True, default="")
    ticket = models.UUIDField(default=new_id, unique=True, editable=False)
    urlback = models.CharField(max_length=2000, blank=True, default="")
    created_by = models.CharField(max_length=220)
    created = models.DateTimeField(default=now, editable=False)
    deleted_at = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "provider_id"),
                condition=models.Q(status="pending", deleted_at=None),
                name="enrollment_open_unique",
            ),
        )
        indexes = (
            models.Index(fields=("user", "organization", "-created", "id"), name="enrollment_of_user"),
            *_filters_of_list("enrollment"),
        )

    def __str__(self) -> str:
        return f"{self.provider_id} for {self.user_id}"


class OneTimePassword(models.Model):
    """One code that was sent to a person: for one purpose, for a while, for a few tries, once for each of its aims.

    `bound_to` lists the aims, `{"aim": [signature, digest of its document] or [enrollment], "used_at"}`, and `used_at`
    is when the last of them was reached. `code_hash` is a keyed hash over the code, the aims, and whose it is; the code
    itself is nowhere. `tries` counts wrong ones.
    """

    class Purpose(models.TextChoices):
        ACTIVATE = "activate"
        SIGN = "sign"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="one_time_passwords")
    purpose = models.CharField(max_length=8, choices=Purpose)
    bound_to = models.JSONField(default=list)
    code_hash = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(default=now, editable=False)
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True, default=None)

    class Meta:
        indexes = (models.Index(fields=("identity", "-created"), name="one_time_password_newest"),)

    def __str__(self) -> str:
        return f"{self.purpose} with {self.identity_id}"
