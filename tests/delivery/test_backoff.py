"""When a message is sent again: the table of the specification, spread a little, and what a receiver asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from sigillo.delivery.backoff import LONGEST, WAITS, next_wait, read_retry_after

AT = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
TABLE = ["0:00:05", "0:05:05", "0:35:05", "2:35:05", "7:35:05", "17:35:05", "31:35:05", "51:35:05", "75:35:05"]
"""`Time since start` of the Standard Webhooks specification 1.0.0, without the first attempt."""


def _clock(since: timedelta) -> str:
    minutes, seconds = divmod(int(since.total_seconds()), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def test_the_attempts_come_when_the_specification_has_them() -> None:
    waits = [next_wait(failures, jitter=0.5) for failures in range(1, 11)]
    assert waits[-1] is None, "ten attempts, and no more"
    assert [_clock(sum(filter(None, waits[:count]), timedelta(0))) for count in range(1, 10)] == TABLE


@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
def test_chance_spreads_a_wait_by_a_tenth(jitter: float, factor: float) -> None:
    for failures, wait in enumerate(WAITS, start=1):
        found = next_wait(failures, jitter=jitter)
        assert found is not None
        assert found / wait == pytest.approx(factor)


def test_a_receiver_can_lengthen_a_wait_and_not_shorten_it_nor_have_more_of_them() -> None:
    assert next_wait(1, jitter=0.5, asked=timedelta(minutes=2)) == timedelta(minutes=2)
    assert next_wait(2, jitter=0.5, asked=timedelta(minutes=2)) == timedelta(minutes=5)
    assert next_wait(10, jitter=0.5, asked=timedelta(minutes=2)) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Wed, 25 Nov 2026 12:01:00 GMT", 60),
        ("Wednesday, 25-Nov-26 12:01:00 GMT", 60),
        ("Wed Nov 25 12:01:00 2026", 60),
        ("86401", 86400),
        ("9" * 5000, 86400),
        ("Wed, 25 Nov 2093 12:01:00 GMT", 86400),
    ],
)
def test_seconds_and_dates_of_rfc_9110_are_read_and_bounded(text: str, seconds: int) -> None:
    assert read_retry_after(text, at=AT) == timedelta(seconds=seconds) <= LONGEST


@pytest.mark.parametrize(
    "text",
    [None, "", "0", "-5", "1.5", "soon", "٣", "Wed, 25 Nov 2026 11:59:00 GMT", "Wed, 99 Nov 2026 12:01:00 GMT", "1e9"],
)
def test_what_says_nothing_of_the_future_is_nothing(text: str | None) -> None:
    assert read_retry_after(text, at=AT) is None
