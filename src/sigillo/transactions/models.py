"""Digital signature transactions: the documents they carry, every revision of those, and the signatures due."""

from collections.abc import Iterator

from django.db import models
from django.db.models import F, Q

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.identities.models import Identity
from sigillo.organizations.models import Group, Organization, User
from sigillo.organizations.texts import Folded
from sigillo.transactions.states import SignatureStatus, TransactionStatus

_NEWEST_FIRST = (F("created").desc(), F("id"))
_THERE = Q(deleted_at=None)


def _filters_of_list() -> Iterator[models.Index]:
    """An index for each filter of the list, in the list's order and without what was deleted."""
    columns: dict[str, tuple[F | Folded, ...]] = {
        "newest": (),
        "by_status": (F("status"),),
        "by_author": (F("created_by"),),
        "by_reason": (F("reason"),),
        "by_title": (Folded("title"),),
    }
    for name, column in columns.items():
        yield models.Index(F("organization"), *column, *_NEWEST_FIRST, name=f"transaction_{name}", condition=_THERE)


class Transaction(models.Model):
    """One DST. Its status moves only by `sigillo.transactions.moves`, along `sigillo.transactions.states`.

    A deleted one stays as evidence and is reached by nobody.
    """

    Status = TransactionStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="transactions", db_index=False
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="created_transactions")
    # The credential whose http_options serve the downloads; it lives on a higher floor, so it is named, not keyed.
    credential_id = models.UUIDField(null=True, default=None)
    title = models.CharField(max_length=500, blank=True, default="")
    status = models.CharField(max_length=9, default=TransactionStatus.WAITING.value)
    reason = models.CharField(max_length=40, null=True, default=None)
    reason_code = models.CharField(max_length=60, blank=True, default="")
    reason_detail = models.CharField(max_length=1000, blank=True, default="")
    urlback = models.CharField(max_length=2000, blank=True, default="")
    template_name = models.CharField(max_length=200, blank=True, default="")
    created = models.DateTimeField(default=now, editable=False)
    not_after = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, default=None)

    class Meta:
        indexes = (
            *_filters_of_list(),
            models.Index(F("organization"), F("id"), name="transaction_of_parts", condition=_THERE),
            models.Index(fields=("status", "not_after"), name="transaction_deadline"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.id})"


class Document(models.Model):
    """One document of a transaction, from the address it comes from to its newest revision.

    `head` counts its revisions and is the compare-and-swap of everybody who appends one; `lease` puts those who
    sign it in a line. The address and its options may carry credentials, so they are sealed (`flows.sources`). Of
    a `data:` document the bytes are stored at once, and the address is only its media type. `organization` is the
    transaction's (decisions/0017).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="documents", db_index=False)
    order = models.PositiveSmallIntegerField()
    display_name = models.CharField(max_length=500, blank=True, default="")
    sealed_source = models.TextField()
    source_digest = models.CharField(max_length=64, blank=True, default="", db_index=True)
    source_size = models.PositiveBigIntegerField(default=0)
    ready = models.BooleanField(default=False)
    head = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(null=True, default=None)
    warnings = models.JSONField(default=list)
    fetch_attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=None)
    lease = models.UUIDField(null=True, default=None)
    lease_until = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("transaction", "order"), name="document_order_unique"),)
        indexes = (
            models.Index(fields=("next_attempt_at",), name="document_fetch_due"),
            models.Index(F("organization"), Folded("display_name"), F("transaction"), name="document_by_name"),
        )

    def __str__(self) -> str:
        return self.display_name or str(self.id)


class Signature(models.Model):
    """One signature that is due, open or done: who, where on the page, and in which group.

    What is due from a group of signers has no `signer` until one of its members has signed; `signer_group_name` is
    what the group was called.
    `attempt` is a lease: while it runs, this signature is being made and nobody else begins to. `organization` is the
    transaction's (decisions/0017).
    """

    Status = SignatureStatus

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="signatures")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="signatures", db_index=False)
    group_index = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    signer = models.ForeignKey(
        User, null=True, default=None, on_delete=models.PROTECT, related_name="signatures", db_index=False
    )
    signer_group = models.ForeignKey(
        Group, null=True, default=None, on_delete=models.SET_NULL, related_name="signatures"
    )
    signer_group_name = models.CharField(max_length=150, blank=True, default="")
    ticket = models.UUIDField(default=new_id, unique=True, editable=False)
    profile = models.CharField(max_length=20)
    display_name = models.CharField(max_length=300, blank=True, default="")
    reason = models.CharField(max_length=1000, blank=True, default="")
    description = models.TextField(blank=True, default="")
    declinable = models.BooleanField(default=True)
    urlback = models.CharField(max_length=2000, blank=True, default="")
    where_page = models.PositiveIntegerField(null=True, default=None)
    where_position = models.CharField(max_length=200, blank=True, default="")
    constraints = models.JSONField(default=dict)
    status = models.CharField(max_length=9, default=SignatureStatus.WAITING.value)
    declined = models.BooleanField(default=False)
    decline_reason = models.CharField(max_length=1000, blank=True, default="")
    identity = models.ForeignKey(Identity, null=True, default=None, on_delete=models.PROTECT, related_name="signatures")
    attempt = models.UUIDField(null=True, default=None)
    attempt_until = models.DateTimeField(null=True, default=None)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("document", "group_index", "position"), name="signature_place_unique"),
        )
        indexes = (
            models.Index(fields=("signer", "organization", "transaction"), name="signature_of_signer"),
            models.Index(fields=("organization", "status", "transaction"), name="signature_by_status"),
            models.Index(F("organization"), Folded("display_name"), F("transaction"), name="signature_by_name"),
            models.Index(F("organization"), Folded("signer_group_name"), F("transaction"), name="signature_by_group"),
            models.Index(fields=("attempt_until",), name="signature_attempts"),
        )

    def __str__(self) -> str:
        return f"{self.display_name} ({self.id})"


class Revision(models.Model):
    """One state of a document's bytes, by digest. Number 1 is what was fetched; each signature adds the next."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    signature = models.OneToOneField(Signature, null=True, default=None, on_delete=models.PROTECT)
    created = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("document", "number"), name="revision_number_unique"),)

    def __str__(self) -> str:
        return f"{self.document_id} revision {self.number}"
