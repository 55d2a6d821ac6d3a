"""What every flow says about a change: the journal's event and, where the outside is told, the fact."""

from collections.abc import Iterable, Mapping

from sigillo.journal.record import Subject, record, tell
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


def say_transaction(row: Transaction, *, actor: str, data: Mapping[str, object] | None = None) -> None:
    """Record that a transaction took its present status, and leave DST_STATUS_CHANGED for delivery."""
    event = record(about_transaction(row), f"transaction.{row.status}", actor=actor, data=data)
    fact = {"status": row.status, "dst": str(row.id), "reason": row.reason}
    tell(event, "DST_STATUS_CHANGED", row.id, fact)


def say_signatures(
    row: Transaction, signatures: Iterable[Signature], *, actor: str, data: Mapping[str, object] | None = None
) -> None:
    """Record that signatures took their present status, and leave SIGNATURE_STATUS_CHANGED for each."""
    for signature in signatures:
        facts: dict[str, object] = {"signature": str(signature.id), "document": str(signature.document_id)}
        event = record(
            about_transaction(row), f"signature.{signature.status}", actor=actor, data=facts | dict(data or {})
        )
        fact = {"status": signature.status, "signature": str(signature.id), "dst": str(row.id)}
        tell(event, "SIGNATURE_STATUS_CHANGED", signature.id, fact)
