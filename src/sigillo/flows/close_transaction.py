"""A transaction is ended by people: cancelled by who created it, declined by a signer, or deleted."""

from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.signers import is_automatic, is_own
from sigillo.flows.voice import about_transaction, actor, say_signatures, say_transaction
from sigillo.journal.record import record
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in
from sigillo.transactions.access import access_signature, access_transaction
from sigillo.transactions.models import Transaction
from sigillo.transactions.moves import (
    check_there,
    close_signatures,
    decline_signature,
    lock_transaction,
    move_transaction,
)
from sigillo.transactions.states import CancelReason, SignatureStatus, TransactionStatus, is_ended


def cancel_transaction(principal: Principal, transaction_id: UUID, reason: str) -> Transaction:
    """Cancel a transaction in the caller's own words; what was not signed by then expires with it.

    Raises:
        NotFound: there is none of this id for this principal.
        Forbidden: somebody else created it, and the principal is no owner.
        Conflict: it has ended.
    """
    row = _own_transaction(principal, Verb.CANCEL_TRANSACTION, transaction_id)
    with transaction.atomic():
        locked = _open_transaction(row.id)
        _cancel(locked, CancelReason.EXPLICIT, reason)
        say_transaction(locked, actor=actor(principal), data={"reason": CancelReason.EXPLICIT.value})
        say_signatures(locked, close_signatures(locked, SignatureStatus.EXPIRED), actor=actor(principal))
    return _read(principal, row.id)


def delete_transaction(principal: Principal, transaction_id: UUID) -> None:
    """Delete a transaction, whatever its state: it is not there any more for anybody, and stays as evidence.

    Raises:
        NotFound: there is none of this id for this principal.
        Forbidden: somebody else created it, and the principal is no owner.
    """
    row = _own_transaction(principal, Verb.DELETE_TRANSACTION, transaction_id)
    with transaction.atomic():
        locked = lock_transaction(row.id)
        check_there(locked)
        locked.deleted_at = now()
        locked.save(update_fields=("deleted_at",))
        locked.documents.update(next_attempt_at=None)
        record(about_transaction(locked), "transaction.deleted", actor=actor(principal), data={"status": locked.status})
        count_in(locked.organization_id, Counted.TRANSACTIONS, -1)


def decline(principal: Principal, signature_id: UUID, reason: str) -> Transaction:
    """Decline a signature, which cancels its transaction: it becomes an error, what else was not signed expires.

    Raises:
        NotFound: there is none of this id for this principal.
        Forbidden: it is another person's to decline.
        Conflict: it cannot be declined, is not open, or the transaction has ended.
    """
    scope = check_permission(principal, Verb.DECLINE_SIGNATURE)
    reading = check_permission(principal, Verb.READ_TRANSACTION)
    signature = access_signature(principal, signature_id, own_only=reading is Scope.OWN)
    if not is_own(principal, signature) and not (scope is Scope.ALL and is_automatic(signature)):
        raise Forbidden("not_your_signature", "This signature is another user's to decline.")
    with transaction.atomic():
        locked = _open_transaction(signature.transaction_id)
        if not signature.declinable:
            raise Conflict("not_declinable", "This signature cannot be declined.")
        declined = decline_signature(signature.id, reason)
        if declined is None:
            raise Conflict("not_open", "It is not this signature's turn, or it was made or declined already.")
        _cancel(locked, CancelReason.DECLINED, reason)
        say_transaction(locked, actor=actor(principal), data={"reason": CancelReason.DECLINED.value})
        say_signatures(locked, [declined], actor=actor(principal), data={"declined": True})
        say_signatures(locked, close_signatures(locked, SignatureStatus.EXPIRED), actor=actor(principal))
    return _read(principal, signature.transaction_id)


def _own_transaction(principal: Principal, verb: Verb, transaction_id: UUID) -> Transaction:
    """A transaction that the principal may end: as an owner, or because it created it."""
    scope = check_permission(principal, verb)
    reading = check_permission(principal, Verb.READ_TRANSACTION)
    row = access_transaction(principal, transaction_id, own_only=reading is Scope.OWN)
    if scope is Scope.OWN and row.created_by_id != principal.user_id:
        raise Forbidden("not_your_transaction", f"Only an owner, or who created it, may {verb.value}.")
    return row


def _open_transaction(transaction_id: UUID) -> Transaction:
    """The locked row of a transaction that has not ended, and whose documents nobody fetches any more.

    Documents come before signatures, as in signing: who locks them the other way round waits for ever.
    """
    row = lock_transaction(transaction_id)
    check_there(row)
    if is_ended(TransactionStatus(row.status)):
        raise Conflict("transaction_ended", f"The transaction is {row.status} already.")
    row.documents.update(next_attempt_at=None)
    return row


def _cancel(row: Transaction, reason: CancelReason, words: str) -> None:
    move_transaction(row, TransactionStatus.CANCELLED, reason=reason.value, reason_detail=words)


def _read(principal: Principal, transaction_id: UUID) -> Transaction:
    return access_transaction(principal, transaction_id, own_only=False)
