"""Downloads wait and hardly compute: a process of the pool has many under way, each in a thread, beside its job.

Whoever finds a document due begins as many downloads as there are places for: a job that was queued for one, or a
download that has ended. So the queue only has to wake; what a document still needs stands in its row.
"""

from functools import cache
from threading import Lock, Thread, main_thread
from time import monotonic

import structlog
from django.conf import settings

from sigillo.flows.claim_document import Claim, claim_download, next_download, set_down
from sigillo.flows.fetch_document import fetch_document
from sigillo.flows.take_in_document import take_in
from sigillo.queue.port import enqueue
from sigillo.worker.desk import Desk
from sigillo.worker.shares import Portion, Shares

AT_ONCE = 64
"""Downloads of one process."""
LARGE_AT_ONCE = 4
"""Of the largest size: what they may hold on the disk together."""
READING_PATIENCE = 1.0
"""Seconds for which a document that is here waits to be read; one is read at a time, beside what a job reads."""

log = structlog.get_logger("sigillo.worker")


class Downloads:
    """The downloads of this process, and what each organization has of them.

    One thread at a time is at the desk, where rows are used: a process needs one connection for all of its downloads.
    """

    def __init__(self, at_once: int, total_bytes: int) -> None:
        self._at_once = at_once
        self._places = Shares(at_once)
        self._room = Shares(total_bytes)
        self._desk = Desk()
        self._reading = Lock()

    def take_up(self) -> None:
        """Begin what is due, up to what is fair here; of what is passed over, a download that ends is the reminder."""
        with self._desk.with_own():
            self._take_up()

    def _take_up(self) -> None:
        while self._places.left and (key := next_download(self._places.sated())):
            if not main_thread().is_alive():  # this process ends once its downloads have: others go on
                enqueue("fetch_document", key)
                return
            if claim := claim_download(key):
                self._begin(claim)

    def _begin(self, claim: Claim) -> None:
        self._places.take(claim.organization_id)
        try:
            Thread(target=self._run, args=(claim,), name=f"download {claim.document.id}").start()
        except RuntimeError:  # no more threads: the job that stands in the queue for the end of the lease tries again
            self._places.give_back(claim.organization_id)
            raise

    def _run(self, claim: Claim) -> None:
        room = Portion(self._room, claim.organization_id)
        with structlog.contextvars.bound_contextvars(download=str(claim.document.id), attempt=claim.attempt):
            began = monotonic()
            try:
                if fetch_document(claim, self._desk.with_shared, room.take):
                    self._take_in(claim)
                log.info("download ended", seconds=round(monotonic() - began, 3))
            except Exception:
                log.exception("download failed")
            room.give_back()
            self._places.give_back(claim.organization_id)
            self._go_on()

    def _take_in(self, claim: Claim) -> None:
        """Read a document here if its turn comes soon, so that it need not stand in line with others' jobs."""
        if self._reading.acquire(timeout=READING_PATIENCE):
            try:
                take_in(claim, self._desk.with_shared)
            finally:
                self._reading.release()
        else:
            with self._desk.with_shared():
                set_down(claim)

    def _go_on(self) -> None:
        try:
            with self._desk.with_shared():
                self._take_up()
            if self._places.left == self._at_once:
                self._desk.close()
        except Exception:
            log.exception("downloads were not taken up")


@cache
def downloads() -> Downloads:
    """Those of this process."""
    return Downloads(AT_ONCE, LARGE_AT_ONCE * settings.SIGILLO_MAX_DOCUMENT_BYTES)
