"""Calendar months, and when a download is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from sigillo.transactions.deadlines import PRODUCTION, SANDBOX, add_months


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 11, 23), 3, (2027, 2, 23)),
        ((2026, 11, 30), 3, (2027, 2, 28)),
        ((2027, 11, 30), 3, (2028, 2, 29)),
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2026, 12, 31), 12, (2027, 12, 31)),
    ],
)
def test_months_are_calendar_months(start: tuple[int, int, int], months: int, end: tuple[int, int, int]) -> None:
    assert add_months(datetime(*start, 7, 30, tzinfo=UTC), months) == datetime(*end, 7, 30, tzinfo=UTC)


def test_the_sandbox_gives_up_within_twenty_seconds() -> None:
    attempts, soon = len(SANDBOX.waits) + 1, timedelta(seconds=1)
    assert sum(SANDBOX.waits) + attempts * SANDBOX.attempt_seconds < 20
    assert SANDBOX.patience_seconds + SANDBOX.attempt_seconds < 20
    assert SANDBOX.next_wait(1, soon) == timedelta(seconds=SANDBOX.waits[0])
    assert SANDBOX.next_wait(attempts, soon) is None


def test_patience_ends_whatever_the_attempts() -> None:
    assert SANDBOX.next_wait(1, timedelta(seconds=11)) is not None
    assert SANDBOX.next_wait(1, timedelta(seconds=12)) is None
    assert not SANDBOX.are_over(timedelta(seconds=12))
    assert SANDBOX.are_over(timedelta(seconds=12.1))


def test_production_backs_off() -> None:
    assert list(PRODUCTION.waits) == sorted(PRODUCTION.waits)
    assert PRODUCTION.next_wait(len(PRODUCTION.waits) + 1, timedelta(0)) is None
