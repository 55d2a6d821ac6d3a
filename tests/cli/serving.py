"""A real `sigillo serve` in a home of its own, and what one does to it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

T = TypeVar("T")
PATIENCE = 40.0
FOREIGN = ("SIGILLO_", "DATABASE_", "DJANGO_")


def environ(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process that must not see the settings of this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "SIGILLO_HOME": str(home), "SIGILLO_LOG_FORMAT": "json", **settings}


def sigillo(*arguments: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sigillo.cli", *arguments],
        env=environ(home, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Look until there is something, and complain by its name when there is not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{PATIENCE:.0f} seconds, and no {what}")


def family(pid: int) -> dict[int, str]:
    """The processes below one, with their command lines."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: dict[int, str] = {}
    open_ends = [pid]
    while open_ends:
        for child in parents.get(open_ends.pop(), []):
            try:
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            open_ends.append(child)
    return found


@dataclass
class Server:
    """A running server, its organization's token, and everything that it printed."""

    process: subprocess.Popen[str]
    home: Path
    lines: list[str] = field(default_factory=list)
    url: str = ""
    token: str = ""
    organization: str = "api-demo"

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One call of the API; status and answer, parsed where it is JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        return self.send(Request(f"{self.url}/api/v1/{self.organization}{path}", data, headers, method=method))

    def send(self, request: Request | str) -> tuple[int, Any]:
        """One request of any kind."""
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                status, content, kind = answer.status, answer.read(), answer.headers.get_content_type()
        except HTTPError as error:
            with error:
                status, content, kind = error.code, error.read(), error.headers.get_content_type()
        return status, json.loads(content) if kind == "application/json" else content

    def workers(self) -> list[int]:
        """The processes of the worker, its guard first."""
        return sorted(pid for pid, line in family(self.process.pid).items() if "sigillo.cli worker" in line)

    def web(self) -> list[int]:
        """The process of the web server."""
        return [pid for pid, line in family(self.process.pid).items() if "sigillo.cli web" in line]

    def read_until(self, mark: str) -> str:
        """Read what it prints up to a line that holds the mark."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.lines.append(line)
            if mark in line:
                return line
        raise AssertionError(f"it ended without a word of {mark!r}:\n{''.join(self.lines)}")

    def wait_until_ready(self) -> None:
        """Return once it answers that it can serve."""
        wait_for(lambda: self.send(f"{self.url}/readyz")[0] == 200, "answer of /readyz")

    def until(self, transaction: str, status: str) -> dict[str, Any]:
        """The transaction, once it has left `waiting`; it must have become `status`."""

        def left() -> dict[str, Any] | None:
            data: dict[str, Any] = self.call("GET", f"/signature-transactions/{transaction}")[1]["data"]
            return data if data["status"] != "waiting" else None

        data = wait_for(left, f"end of waiting of {transaction}")
        assert data["status"] == status, data
        return data


@contextmanager
def started(command: str, home: Path, **settings: str) -> Iterator[Server]:
    """`sigillo serve` or `sigillo quickstart` on a free port while the block runs; nothing of it is left behind."""
    with (home.parent / f"{command}.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sigillo.cli", command, "--bind", "127.0.0.1:0"],
            env=environ(home, **settings),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    server = Server(process, home)
    try:
        server.url = server.read_until("Sigillo serves ").split()[2]
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.communicate()
