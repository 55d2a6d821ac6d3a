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
    """How a download is retried: the waits between attempts, how long one may take, and how long all of it may.

    All in seconds; `patience_seconds` counts from the moment the transaction was created.
    """

    waits: tuple[float, ...]
    attempt_seconds: float
    patience_seconds: float

    def next_wait(self, attempts: int, elapsed: timedelta) -> timedelta | None:
        """How long to wait after so many failed attempts; None when it has failed for good."""
        if attempts > len(self.waits):
            return None
        wait = timedelta(seconds=self.waits[attempts - 1])
        return None if self.are_over(elapsed + wait) else wait

    def are_over(self, elapsed: timedelta) -> bool:
        """Whether it is too late to begin another attempt after one that failed."""
        return elapsed > timedelta(seconds=self.patience_seconds)


# The contract gives a developer in the sandbox an answer within 20 s: 3 × 3 s and the waits stay well below it, and
# an attempt that begins within the patience ends in time too. Behind others that is so as long as the first attempt
# begins soon enough: docs/reliability.md says how many slow addresses of one organization that allows.
SANDBOX = Retries(waits=(0.5, 1.5), attempt_seconds=3.0, patience_seconds=12.0)
PRODUCTION = Retries(waits=(2.0, 10.0, 60.0, 300.0, 1800.0), attempt_seconds=60.0, patience_seconds=4 * 3600.0)
