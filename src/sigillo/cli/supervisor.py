"""One parent, its children: started, watched, started again when they die, and stopped together.

The parent does no work of its own. Its listening socket outlives a child that dies, so that callers wait a moment
instead of being turned away. Children end with the parent, also when that one is killed (`--parent`).
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

GRACE_SECONDS = 30.0
"""How long work in hand may take after a request to stop; a job that is cut off then runs again later."""
INSISTING_SECONDS = 1.0
"""A signal this long after the first is a second request; before, it is the same one by way of the process group."""
STEADY_SECONDS = 60.0
LONGEST_WAIT = 30.0
TICK_SECONDS = 0.5
_BAD_START = 2

log = structlog.get_logger("sigillo.serve")


def command(*arguments: str) -> list[str]:
    """The command line that runs this very installation, wherever it was started from."""
    return [sys.executable, "-P", "-m", "sigillo.cli", *arguments]


@dataclass
class Child:
    """One command under supervision, and its present process."""

    name: str
    arguments: Sequence[str]
    descriptors: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start it, deaf to the terminal: what Ctrl-C means is the parent's to say."""
        line = command(*self.arguments, "--parent", str(os.getpid()))
        self.process = subprocess.Popen(line, pass_fds=self.descriptors, start_new_session=True)
        self.began = time.monotonic()

    def alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def put_off(self) -> float:
        """Note that it died, and say when it may start again: at once, then ever later while it keeps dying."""
        self.deaths = 1 if time.monotonic() - self.began > STEADY_SECONDS else self.deaths + 1
        wait = 0.0 if self.deaths == 1 else min(LONGEST_WAIT, 0.5 * 2.0 ** (self.deaths - 2))
        self.due = time.monotonic() + wait
        self.process = None
        return wait


class Supervisor:
    """Runs children until SIGTERM or SIGINT; who asks again does not wait for work in hand."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.asked_at: float | None = None
        self.insisted = False

    def run(self, once_started: Callable[[], None]) -> int:
        """Start everything and stay until asked to stop; the exit status."""
        bell, ringer = socket.socketpair()
        bell.setblocking(False)
        ringer.setblocking(False)
        signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for child in self.children:
            child.start()
        once_started()
        while self.asked_at is None:
            if any(self._watch(child) == _BAD_START for child in self.children):
                self._stop(bell)
                return _BAD_START
            _pause(bell)
        self._stop(bell)
        return 0

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked_at is None:
            self.asked_at = time.monotonic()
        elif time.monotonic() - self.asked_at > INSISTING_SECONDS:
            self.insisted = True

    def _watch(self, child: Child) -> int | None:
        """Start a dead child again when it is due; the status that it ended with, in the round that noticed."""
        if child.alive():
            return None
        if child.process is None:
            if time.monotonic() >= child.due:
                child.start()
            return None
        status = child.process.returncode
        if status != _BAD_START:  # it said itself what is wrong, and would say it again
            log.warning("child ended", child=child.name, status=status, again_in_seconds=child.put_off())
        return status

    def _stop(self, bell: socket.socket) -> None:
        for child in self.children:
            _signal(child, signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while any(child.alive() for child in self.children) and time.monotonic() < end and not self.insisted:
            _pause(bell)
        for child in self.children:
            if child.alive():
                log.warning("child killed", child=child.name, reason="it did not finish in time")
                _signal(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def _pause(bell: socket.socket) -> None:
    """Sleep until a signal rings, at most for a tick."""
    readable, _, _ = select.select([bell], [], [], TICK_SECONDS)
    if readable:
        bell.recv(4096)
