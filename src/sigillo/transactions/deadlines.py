"""When a transaction ends by itself, and when a failed download is tried again. Pure."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta


def add_months(moment: datetime, months: int) -> datetime:
    """The same day of the month `months` calendar months later, or that month's last day where it is shorter."""
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


@dataclass(frozen=True, slots=True)
class Retries:
    """How a download is retried: the waits between attempts, and how long one attempt may take, in seconds."""

    waits: tuple[float, ...]
    attempt_seconds: float

    def next_wait(self, attempts: int) -> timedelta | None:
        """How long to wait after so many failed attempts; None when it has failed for good."""
        return timedelta(seconds=self.waits[attempts - 1]) if attempts <= len(self.waits) else None


# The contract gives a developer in the sandbox an answer within 20 s: 3 × 5 s and the waits stay below it.
SANDBOX = Retries(waits=(0.5, 1.5), attempt_seconds=5.0)
PRODUCTION = Retries(waits=(2.0, 10.0, 60.0, 300.0, 1800.0), attempt_seconds=60.0)
