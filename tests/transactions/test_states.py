"""The state machine, as a table and as what it opens next."""

from itertools import product

import pytest

from sigillo.transactions.states import (
    SIGNATURE_MOVES,
    Due,
    SignatureStatus,
    TransactionStatus,
    is_complete,
    is_ended,
    may_move,
    to_open,
)

W, P, D = SignatureStatus.WAITING, SignatureStatus.PENDING, SignatureStatus.PERFORMED


def _due(*rows: tuple[str, int, int, SignatureStatus]) -> list[Due[str]]:
    return [Due(key=key, document=document, group=group, status=status) for key, document, group, status in rows]


def test_only_the_moves_of_the_contract_exist() -> None:
    moves = {(old.value, new.value) for old, new in product(TransactionStatus, repeat=2) if may_move(old, new)}
    assert moves == {
        ("waiting", "pending"),
        ("waiting", "cancelled"),
        ("waiting", "expired"),
        ("pending", "performed"),
        ("pending", "cancelled"),
        ("pending", "expired"),
    }


def test_ended_states_never_leave() -> None:
    assert [status.value for status in TransactionStatus if is_ended(status)] == ["performed", "expired", "cancelled"]


def test_a_performed_signature_never_moves() -> None:
    assert {status for status, targets in SIGNATURE_MOVES.items() if not targets} == {
        SignatureStatus.PERFORMED,
        SignatureStatus.EXPIRED,
        SignatureStatus.ERROR,
    }


@pytest.mark.parametrize(
    ("rows", "opened"),
    [
        ([("a", 0, 0, W), ("b", 0, 0, W), ("c", 0, 1, W)], ["a", "b"]),
        ([("a", 0, 0, D), ("b", 0, 0, P), ("c", 0, 1, W)], []),
        ([("a", 0, 0, D), ("b", 0, 0, D), ("c", 0, 1, W)], ["c"]),
        ([("a", 0, 0, P), ("b", 0, 1, W), ("c", 1, 0, D), ("d", 1, 1, W)], ["d"]),
        ([("a", 0, 2, W), ("b", 0, 5, W)], ["a"]),
        ([("a", 0, 0, D)], []),
        ([], []),
    ],
)
def test_a_group_opens_when_the_one_before_it_is_complete(
    rows: list[tuple[str, int, int, SignatureStatus]], opened: list[str]
) -> None:
    assert to_open(_due(*rows)) == opened


def test_complete_means_every_signature_of_every_document() -> None:
    assert is_complete(_due(("a", 0, 0, D), ("b", 1, 0, D)))
    assert not is_complete(_due(("a", 0, 0, D), ("b", 1, 0, P)))
