"""The state machine of transactions and signatures: a table of moves, and nothing that touches a row.

waiting ──documents ready──▶ pending ──all performed──▶ performed
   │                            ├── declined, cancelled ──▶ cancelled
   └── document refused ──▶ cancelled                └── deadline ──▶ expired
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K")


class TransactionStatus(StrEnum):
    """The closed list that official clients enforce."""

    WAITING = "waiting"
    PENDING = "pending"
    PERFORMED = "performed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class SignatureStatus(StrEnum):
    """The closed list that official clients enforce."""

    WAITING = "waiting"
    PENDING = "pending"
    PERFORMED = "performed"
    EXPIRED = "expired"
    ERROR = "error"


class CancelReason(StrEnum):
    """Why a transaction ended before its signatures: the contract's closed list."""

    CANNOT_DOWNLOAD = "CANNOT_DOWNLOAD_DOCUMENT"
    INVALID = "INVALID_DOCUMENT"
    PROTECTED = "PROTECTED_DOCUMENT"
    DECLINED = "declined"
    EXPLICIT = "MOTIVAZIONE_ESPLICITA"


TRANSACTION_MOVES: dict[TransactionStatus, frozenset[TransactionStatus]] = {
    TransactionStatus.WAITING: frozenset(
        {TransactionStatus.PENDING, TransactionStatus.CANCELLED, TransactionStatus.EXPIRED}
    ),
    TransactionStatus.PENDING: frozenset(
        {TransactionStatus.PERFORMED, TransactionStatus.CANCELLED, TransactionStatus.EXPIRED}
    ),
    TransactionStatus.PERFORMED: frozenset(),
    TransactionStatus.EXPIRED: frozenset(),
    TransactionStatus.CANCELLED: frozenset(),
}

SIGNATURE_MOVES: dict[SignatureStatus, frozenset[SignatureStatus]] = {
    SignatureStatus.WAITING: frozenset({SignatureStatus.PENDING, SignatureStatus.EXPIRED, SignatureStatus.ERROR}),
    SignatureStatus.PENDING: frozenset({SignatureStatus.PERFORMED, SignatureStatus.EXPIRED, SignatureStatus.ERROR}),
    SignatureStatus.PERFORMED: frozenset(),
    SignatureStatus.EXPIRED: frozenset(),
    SignatureStatus.ERROR: frozenset(),
}


def may_move(old: TransactionStatus, new: TransactionStatus) -> bool:
    """Whether the table has this move of a transaction."""
    return new in TRANSACTION_MOVES[old]


def is_ended(status: TransactionStatus) -> bool:
    """Whether a transaction is in a state that it never leaves."""
    return not TRANSACTION_MOVES[status]


@dataclass(frozen=True, slots=True)
class Due(Generic[K]):
    """What the machine needs to know of one signature. `key` is the caller's own name for it."""

    key: K
    document: int
    group: int
    status: SignatureStatus


def to_open(signatures: Iterable[Due[K]]) -> list[K]:
    """The waiting signatures whose group is open: the first group of each document that is not complete.

    Within a group all are open at once; documents do not wait for each other.
    """
    rows = list(signatures)
    current: dict[int, int] = {}
    for due in rows:
        if due.status is not SignatureStatus.PERFORMED:
            current[due.document] = min(due.group, current.get(due.document, due.group))
    return [due.key for due in rows if due.status is SignatureStatus.WAITING and due.group == current[due.document]]


def is_complete(signatures: Iterable[Due[K]]) -> bool:
    """Whether every signature is performed, which ends the transaction well."""
    return all(due.status is SignatureStatus.PERFORMED for due in signatures)
