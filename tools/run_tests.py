"""Run the tests: all of them on SQLite, those that touch the database on PostgreSQL too, and count them."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

DEFAULT_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
"""Where a server is looked for unless SIGILLO_TEST_POSTGRES names another; the tests make a database of their own."""
BY_FILE = ("--dist", "loadfile")
"""Tests of one file share its fixtures, a running server among them, so they stay together."""


@dataclass
class Count:
    """What one run of pytest came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Run:
    """One run of pytest. What it prints goes to the terminal, or is kept until its end where another runs beside it."""

    def __init__(self, title: str, arguments: list[str], environ: dict[str, str], *, aside: bool) -> None:
        self.title = title
        self._folder = tempfile.TemporaryDirectory()
        self._report = Path(self._folder.name) / "report.xml"
        self._output = (Path(self._folder.name) / "output").open("w+b") if aside else None
        command = [sys.executable, "-m", "pytest", f"--junitxml={self._report}", *arguments]
        if not aside:
            print(f"\n== {title}", flush=True)
        self._process = subprocess.Popen(command, env=environ, stdout=self._output, stderr=self._output)

    def count(self) -> Count:
        """Wait for its end, show what was kept, and count."""
        status = self._process.wait()
        if self._output is not None:
            self._output.seek(0)
            print(f"\n== {self.title}\n{self._output.read().decode(errors='replace')}", flush=True)
            self._output.close()
        count = read(self._report) if self._report.exists() else Count()
        if status not in (0, 5) and not count.failed:  # it broke before or after the tests; 5: none were chosen
            count.failed = 1
        self._folder.cleanup()
        return count


def processes() -> int:
    """One for each core that we may use: more would only make the tests with deadlines late."""
    return len(os.sched_getaffinity(0))


def read(report: Path) -> Count:
    """Add up pytest's own report."""
    count = Count()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        count += Count(int(suite.get("tests", 0)) - failed - skipped, failed, skipped)
    return count


def postgres() -> str | None:
    """The address of a PostgreSQL server on which we may make a database; None where none answers."""
    import psycopg

    url = os.environ.get("SIGILLO_TEST_POSTGRES", DEFAULT_POSTGRES)
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        print(f"\n== PostgreSQL: not tested, no server answers ({' '.join(str(error).split())[:150]}).")
        print("   Set SIGILLO_TEST_POSTGRES=postgresql://user:password@host/database to have it tested.")
        return None
    if not row or not row[0]:
        print("\n== PostgreSQL: not tested, the account of SIGILLO_TEST_POSTGRES may not make databases.")
        return None
    # Two runs at once must not share the databases that they make, which are named after this one.
    return urlsplit(url)._replace(path=f"/sigillo_{os.getpid()}").geturl()


def main() -> int:
    """Run, count, and say it in the last line."""
    began = time.monotonic()
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    # Beside each other, since many tests wait: for a killed process, a slow server, a deadline.
    runs = [Run("SQLite", ["-n", str(processes()), *BY_FILE, *sys.argv[1:]], environ, aside=False)]
    url = postgres()
    if url is not None:
        title = "PostgreSQL: the tests that touch the database"
        chosen = ["-p", "tools.database_tests", *sys.argv[1:]]
        runs.append(Run(title, chosen, environ | {"DATABASE_URL": url}, aside=True))
    count = sum((run.count() for run in runs), Count())
    print(f"\n{count} in {time.monotonic() - began:.0f} s")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
