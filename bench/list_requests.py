"""The child of `bench.lists`: makes the rows of two databases, and asks both the same by turns."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "sigillo.config.settings"
django.setup()

from django.core.management import call_command  # noqa: E402 - Django is set up before its models are imported
from django.db import connections  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.test import Client  # noqa: E402

from bench.bulk import progress  # noqa: E402
from bench.list_cases import HELD, ListCase, cases  # noqa: E402
from bench.list_rows import make_rows  # noqa: E402
from sigillo.api.v1.routes import ROUTES  # noqa: E402
from sigillo.config.database import database  # noqa: E402
from sigillo.organizations.listing import FEW  # noqa: E402
from tests.support.world import House  # noqa: E402

LIMIT = 1.5
ROUNDS, SECONDS = (9, 25), 2
COUNTED = 3


@dataclass
class Place:
    """One of the databases."""

    url: str
    rows: int
    connection: Any = None
    house: House = field(init=False)

    def __post_init__(self) -> None:
        connections.settings["default"] = connections.settings["default"] | database(self.url)
        self.connection = connections.create_connection("default")
        self.enter()
        said = progress(f"tables for {self.rows:,} rows")
        call_command("migrate", verbosity=0)
        said()
        self.house = make_rows(self.rows)

    def enter(self) -> None:
        """Have Django use this database."""
        connections["default"] = self.connection


@dataclass(frozen=True)
class Found:
    """What a case came to, in milliseconds: the page in both places, and the total of the larger one."""

    case: ListCase
    matches: int
    small: float
    large: float
    total: float | None

    @property
    def ratio(self) -> float:
        return self.large / self.small

    @property
    def line(self) -> str:
        total = "" if self.total is None else f"{self.total:10,.1f}"
        mark = " !" if self.case.kind in HELD and self.ratio > LIMIT else ""
        times = f"{self.small:9.1f}{self.large:9.1f}{self.ratio:7.2f}"
        return f"{self.case.kind:11}{self.case.title:72.72}{self.matches:10,}{times}{total:>10}{mark}"


def ask(place: Place, case: ListCase) -> tuple[float, int]:
    """Milliseconds of a request, and how many items the list has."""
    place.enter()
    path = case.path.replace("LAST", "9" if place.rows < 10_000 else str(place.rows // 120))
    address = f"/api/v1/acme/{quote(path, safe='/?&=')}"
    header = {"Authorization": getattr(place.house, case.who).header}
    began = time.perf_counter()
    answer = _CLIENT.get(address, headers=header)
    took = milliseconds(began)
    if answer.status_code != 200:
        raise SystemExit(f"{address} answers {answer.status_code}: {answer.content[:300]!r}")
    return took, json.loads(answer.content)["pagination"]["count"]


def count(place: Place, case: ListCase) -> float:
    """Milliseconds of counting the matches, within a request."""
    took = 0.0

    def timed(execute: Callable[..., Any], sql: str, *others: Any) -> Any:
        nonlocal took
        began = time.perf_counter()
        answer = execute(sql, *others)
        if sql.startswith("SELECT COUNT("):
            took += milliseconds(began)
        return answer

    with place.connection.execute_wrapper(timed):
        ask(place, case)
    return took


def milliseconds(began: float) -> float:
    return (time.perf_counter() - began) * 1000


@contextmanager
def known(total: int) -> Iterator[None]:
    """Requests for whose list the total need not be counted, so that a page is measured apart from it."""
    with patch.object(QuerySet, "count", lambda _: total):
        yield


def measure(case: ListCase, small: Place, large: Place) -> Found:
    """The medians of requests that alternate. Where many rows meet the conditions, counting them is measured apart."""
    totals = [ask(place, case)[1] for place in (small, large)]
    samples: list[tuple[float, ...]] = []
    apart = totals[1] > FEW and count(large, case) > 0
    began = time.monotonic()
    while len(samples) < ROUNDS[0] or (len(samples) < ROUNDS[1] and time.monotonic() - began < SECONDS):
        times = []
        for place, total in zip((small, large), totals, strict=True):
            with known(total) if apart else nullcontext():
                times.append(ask(place, case)[0])
        samples.append(tuple(times))
    medians = [statistics.median(values) for values in zip(*samples, strict=True)]
    counted = statistics.median(count(large, case) for _ in range(COUNTED)) if apart else None
    return Found(case, totals[1], medians[0], medians[1], counted)


def report(found: Sequence[Found], small: Place, large: Place) -> None:
    """The last lines of the table."""
    held = [each for each in found if each.case.kind in HELD]
    above = [each for each in held if each.ratio > LIMIT]
    worst = max(held, key=lambda each: each.ratio)
    print(
        f"\n{small.connection.vendor}: of {len(held)} first pages, equality, range and prefix filters "
        f"{len(held) - len(above)} cost at most {LIMIT} × among {large.rows:,} rows what they cost among "
        f"{small.rows:,}; the median is {statistics.median(each.ratio for each in held):.2f} ×, "
        f"the most {worst.ratio:.2f} × ({worst.case.title})\n"
    )


def main(urls: Sequence[str], sizes: Sequence[int]) -> None:
    small, large = (Place(url, size) for url, size in zip(urls, sizes, strict=True))
    served = frozenset(route.path for route in ROUTES if route.filters)
    head = f"{small.rows:,} rows", f"{large.rows:,} rows"
    print(f"\nLists on {small.connection.vendor}: milliseconds of a request among {head[0]} and among {head[1]}")
    print("Where more than", f"{FEW:,}", "rows match, the page is shown apart from its total, which is counted.\n")
    print(f"{'':83}{'matches':>10}{'small':>9}{'large':>9}{'ratio':>7}{'total':>10}")
    found = []
    for case in cases(served):
        found.append(measure(case, small, large))
        print(found[-1].line, flush=True)
    report(found, small, large)


_CLIENT = Client()

if __name__ == "__main__":
    main(sys.argv[1:3], [int(size) for size in sys.argv[3:5]])
