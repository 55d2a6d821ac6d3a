"""Changing a status: compare-and-swap over the table of `states`, never a bare save."""

from uuid import UUID

from sigillo.base.errors import NotFound
from sigillo.transactions.models import Signature, Transaction
from sigillo.transactions.states import (
    SIGNATURE_MOVES,
    Due,
    SignatureStatus,
    TransactionStatus,
    may_move,
    to_open,
)


def lock_transaction(transaction_id: UUID) -> Transaction:
    """The transaction's row, held until the database transaction ends: every change of state passes here.

    What is read of its signatures and documents afterwards cannot change before the commit, so an end and a
    signature that come at the same moment see each other.
    """
    return Transaction.objects.select_for_update(of=("self",)).select_related("organization").get(id=transaction_id)


def check_there(row: Transaction) -> None:
    """Refuse to go on with a transaction that was deleted, once its row is locked. Raises NotFound."""
    if row.deleted_at is not None:
        raise NotFound("transaction_not_found", "There is no such signature transaction; check its id.")


def is_awaited(row: Transaction) -> bool:
    """Whether the documents of a transaction are still waited for."""
    return row.status == TransactionStatus.WAITING and row.deleted_at is None


def move_transaction(row: Transaction, new: TransactionStatus, **changes: object) -> None:
    """Move a transaction whose row is locked.

    Raises:
        ValueError: the table has no such move; the caller looked at the state before it locked the row.
    """
    old = TransactionStatus(row.status)
    if not may_move(old, new):
        raise ValueError(f"a transaction cannot move from {old} to {new}")
    row.status = new.value
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=("status", *changes))


def open_signatures(row: Transaction) -> list[Signature]:
    """Open every signature whose group's turn has come; the ones that were opened."""
    rows = list(row.signatures.select_related("document", "signer").order_by("document__order", "group_index"))
    keys = set(to_open(due(signature) for signature in rows))
    opened = [signature for signature in rows if signature.id in keys]
    Signature.objects.filter(id__in=keys).update(status=SignatureStatus.PENDING.value)
    for signature in opened:
        signature.status = SignatureStatus.PENDING.value
    return opened


def close_signatures(row: Transaction, new: SignatureStatus) -> list[Signature]:
    """Move every signature that is not yet at an end to `new`; the ones that were moved."""
    movable = [status.value for status, targets in SIGNATURE_MOVES.items() if new in targets]
    rows = list(row.signatures.select_related("document", "signer").filter(status__in=movable))
    Signature.objects.filter(id__in=[signature.id for signature in rows]).update(
        status=new.value, attempt=None, attempt_until=None
    )
    for signature in rows:
        signature.status = new.value
    return rows


def decline_signature(signature_id: UUID, reason: str) -> Signature | None:
    """Make an error of an open signature, in its signer's own words; None if it is not open."""
    mine = Signature.objects.filter(id=signature_id, status=SignatureStatus.PENDING.value)
    changes = {"status": SignatureStatus.ERROR.value, "declined": True, "decline_reason": reason}
    if not mine.update(**changes, attempt=None, attempt_until=None):
        return None
    return Signature.objects.select_related("document", "signer").get(id=signature_id)


def due(signature: Signature) -> Due[UUID]:
    """What the pure machine needs to know of a signature."""
    return Due(
        key=signature.id,
        document=signature.document.order,
        group=signature.group_index,
        status=SignatureStatus(signature.status),
    )
