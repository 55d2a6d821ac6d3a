"""The ways a transaction ends by itself without all its signatures; each is called with its row locked."""

from sigillo.flows.voice import say_signatures, say_transaction
from sigillo.transactions.models import Transaction
from sigillo.transactions.moves import close_signatures, move_transaction
from sigillo.transactions.states import CancelReason, SignatureStatus, TransactionStatus


def refuse_documents(row: Transaction, reason: CancelReason, code: str, detail: str, *, actor: str) -> None:
    """Cancel a waiting transaction because one of its documents cannot be signed; its signatures become errors.

    `code` and `detail` say precisely why, beside the contract's closed list of reasons.
    """
    move_transaction(
        row,
        TransactionStatus.CANCELLED,
        reason=reason.value,
        reason_code=code[:60],
        reason_detail=detail[:1000],
    )
    say_transaction(row, actor=actor, data={"reason": reason.value, "code": code})
    say_signatures(row, close_signatures(row, SignatureStatus.ERROR), actor=actor)


def expire_transaction(row: Transaction, *, actor: str) -> None:
    """End a transaction whose deadline has passed; what was not signed by then expires with it."""
    move_transaction(row, TransactionStatus.EXPIRED)
    say_transaction(row, actor=actor)
    say_signatures(row, close_signatures(row, SignatureStatus.EXPIRED), actor=actor)
