"""The worker's process: the job engine's guard and its pool, made to survive what a kill -9 does to shared queues.

The guard (`django_q.cluster.Sentinel`) replaces a dead process of its pool and goes on. That is right for one that
ended by itself. One that was killed may have died with a lock of the shared queues in its hand, and then the rest
waits for ever. So after a violent death, or when the guard itself is stuck, the whole tree begins again with fresh
queues; jobs in hand run again once their lock in the database has passed, as for any dead worker.
"""

import multiprocessing
import os
import signal
import sys
import time
from types import FrameType
from uuid import uuid4

import structlog
from django.db import connections
from django_q.cluster import Sentinel

from sigillo.worker.lifeline import bind_forks
from sigillo.worker.schedules import ensure_schedules

STUCK_SECONDS = 60
ENDING_SECONDS = 3
RECYCLED = -2  # the engine's own word for a process that has done its number of jobs

log = structlog.get_logger("sigillo.worker")


class _Flag:
    """A request to stop, or word of a start: what the guard asks of an event, safe to set in a signal handler."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, seconds: float) -> bool:
        if not self._is_set:
            time.sleep(seconds)
        return self._is_set


class _Guard(Sentinel):  # type: ignore[misc]  # the engine has no types
    """The engine's guard, which says that it is alive and does not go on after a violent death."""

    def status(self) -> str:
        """Asked for in every round, so it feeds the alarm that a stuck guard will not feed."""
        signal.alarm(STUCK_SECONDS)
        if not self.stop_event.is_set():
            self._replace_recycled()
        return str(super().status())

    def _replace_recycled(self) -> None:
        """At once: one that takes no more jobs may have downloads to wait for, and ends by itself after them."""
        for process in [process for process in self.pool if int(process.timer.value) == RECYCLED]:
            connections.close_all()
            self.pool.remove(process)
            self.spawn_worker()

    def reincarnate(self, process: multiprocessing.Process) -> None:
        """Replace a process that ended by itself; begin the tree again after one that did not."""
        process.join(ENDING_SECONDS)
        if process.exitcode != 0:
            begin_again("a process of the worker was killed, or its job could not be stopped")
        elif process in (self.monitor, self.pusher):
            super().reincarnate(process)
        else:  # recycled, or on its way out after a job that took too long
            connections.close_all()
            self.pool.remove(process)
            self.spawn_worker()


def work() -> None:
    """Run jobs until SIGTERM or SIGINT; then finish those in hand and return."""
    bind_forks()
    ensure_schedules()
    connections.close_all()
    stop = _Flag()
    guard = _Guard(stop, _Flag(), uuid4(), start=False)

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    def restart(_signal: int, _frame: FrameType | None) -> None:
        begin_again("the worker's guard was stuck")

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGALRM, restart)
    log.info("worker started", pool=guard.pool_size)
    guard.start()
    signal.alarm(0)
    for process in multiprocessing.active_children():  # recycled ones with downloads in hand
        process.join()
    log.info("worker stopped")


def begin_again(reason: str) -> None:
    """Kill the pool and start this program anew in this very process, so that whoever started it need not notice."""
    log.warning("worker begins again", reason=reason)
    signal.alarm(0)
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line
