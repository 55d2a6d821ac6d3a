"""When a message that was not taken is sent again. Pure.

The waits are the example of the Standard Webhooks specification 1.0.0 ("Deliverability and reliability"): ten attempts
in a little over three days.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
LONGEST = timedelta(hours=24)
"""How long a receiver may ask us to stay away at a time."""
JITTER = 0.1


def next_wait(failures: int, *, jitter: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts (1 or more); None when that was the last.

    `jitter` is a chance from 0 to 1 that spreads the wait by a tenth to either side, so that what failed together
    does not come back together. `asked` is what the receiver asked for, and never shortens the wait.
    """
    if failures > len(WAITS):
        return None
    wait = WAITS[failures - 1] * (1 + JITTER * (2 * jitter - 1))
    return max(wait, asked or wait)


def read_retry_after(text: str | None, *, at: datetime) -> timedelta | None:
    """What the header Retry-After asks for (RFC 9110, 10.2.3: seconds, or a date): at most a day.

    None where there is none, or where it cannot be read or lies in the past.
    """
    wait = _wait(text.strip(), at) if text else None
    return min(wait, LONGEST) if wait and wait > timedelta(0) else None


def _wait(text: str, at: datetime) -> timedelta | None:
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), LONGEST.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment) - at
