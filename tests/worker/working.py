"""A real `sigillo worker` on the database of the test, and a server that lets its callers wait."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.cli.serving import environ, family
from tests.support.pages import pdf
from tests.support.server import Answer

PDF: Answer = (200, {"Content-Type": "application/pdf"}, pdf())
GONE: Answer = (410, {}, b"gone")


class Waiting:
    """A document server: whoever asks for `/slow…` waits for `release`, everybody else gets a PDF at once."""

    def __init__(self) -> None:
        self.calls = 0
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._answer = GONE

    def answer(self, _method: str, path: str, _headers: dict[str, str]) -> Answer:
        if not path.startswith("/slow"):
            return PDF
        with self._lock:
            self.calls += 1
            self._now += 1
            self.most = max(self.most, self._now)
        self._released.wait(60)
        with self._lock:
            self._now -= 1
        return self._answer

    def release(self, answer: Answer) -> None:
        """Give this to all who wait and to all who come."""
        self._answer = answer
        self._released.set()


def database_url() -> str:
    """The database of the test, for another process."""
    made = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{made['NAME']}"
    user = f"{quote(made['USER'])}:{quote(made['PASSWORD'])}"
    return f"postgresql://{user}@{made['HOST']}:{made['PORT']}/{made['NAME']}"


@contextmanager
def process(log: Path, *arguments: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process in the home and on the database of the test; it and its children end with the block."""
    changes = {"DATABASE_URL": database_url(), "SIGILLO_OUTBOUND_ALLOW": "127.0.0.1", **changes}
    with log.open("a") as errors:
        running = subprocess.Popen(
            [sys.executable, *arguments],
            env=environ(settings.SIGILLO_HOME, **changes),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(20)
        finally:
            running.kill()
            running.communicate()


@contextmanager
def worker(log: Path, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """`sigillo worker`, with one process in its pool unless more are asked for."""
    with process(log, "-m", "sigillo.cli", "worker", **{"SIGILLO_WORKERS": "1", **changes}) as running:
        yield running


def pool(running: subprocess.Popen[str]) -> list[int]:
    """The processes of a worker, without its guard."""
    return sorted(family(running.pid))
