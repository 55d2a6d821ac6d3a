"""What every flow says about a change: the journal's event and, where the outside is told, the message."""

from collections.abc import Iterable, Mapping, Sequence

from sigillo.delivery.messages import dst_status_changed, signature_status_changed
from sigillo.delivery.outbox import announce
from sigillo.journal.record import Entry, Subject, record_all
from sigillo.organizations.models import Organization
from sigillo.organizations.principal import Principal
from sigillo.transactions.models import Signature, Transaction

WORKER = "system:worker"
OPERATOR = "system:operator"


def actor(principal: Principal) -> str:
    """How the journal names who acted: by id, so that a name can be erased without touching evidence."""
    return f"user:{principal.user_id}"


def about_organization(organization: Organization | Principal) -> Subject:
    """The subject for changes to an organization's people, credentials and identities."""
    key = organization.organization_id if isinstance(organization, Principal) else organization.id
    return Subject(kind="organization", id=key, organization_id=key)


def about_transaction(row: Transaction) -> Subject:
    """The subject for everything that happens to one transaction."""
    return Subject(kind="transaction", id=row.id, organization_id=row.organization_id)


def say(subject: Subject, entries: Sequence[Entry], *, actor: str) -> None:
    """Record events, and have what the outside is to hear of them sent, all in the transaction of the change."""
    announce(record_all(subject, entries, actor=actor))


def say_transaction(row: Transaction, *, actor: str, data: Mapping[str, object] | None = None) -> None:
    """Record that a transaction took its present status, and have DST_STATUS_CHANGED sent."""
    entry = Entry(f"transaction.{row.status}", data or {}, dst_status_changed(row))
    say(about_transaction(row), [entry], actor=actor)


def say_signatures(
    row: Transaction, signatures: Iterable[Signature], *, actor: str, data: Mapping[str, object] | None = None
) -> None:
    """Record that signatures took their present status, and have SIGNATURE_STATUS_CHANGED sent for each.

    Their documents and signers are at hand.
    """
    entries = [_signature_entry(row, signature, data or {}) for signature in signatures]
    say(about_transaction(row), entries, actor=actor)


def _signature_entry(row: Transaction, signature: Signature, data: Mapping[str, object]) -> Entry:
    names = {"signature": str(signature.id), "document": str(signature.document_id)}
    return Entry(f"signature.{signature.status}", {**names, **data}, signature_status_changed(row, signature))
