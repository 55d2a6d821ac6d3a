"""The names of the jobs, and the flows that they run. The queue knows the names only."""

import time
from collections.abc import Callable
from uuid import UUID

import structlog

from sigillo.flows.deliver_message import deliver_message
from sigillo.flows.forget_facts import forget_facts
from sigillo.flows.preview_page import trim_previews
from sigillo.flows.statistics import refresh_statistics
from sigillo.flows.take_in_document import take_in_document
from sigillo.flows.upkeep import expire, recover, sweep
from sigillo.worker.deliveries import deliveries
from sigillo.worker.downloads import downloads
from sigillo.worker.record import forget_failures


def _fetch_document(document_id: UUID) -> None:
    """Read the document if its bytes are here; in any case begin what is due, as nobody else may be awake."""
    take_in_document(document_id)
    downloads().take_up()


def _deliver(_organization_id: UUID) -> None:
    """Begin what is due, whoever's: another job may be late for it."""
    deliveries().take_up()


JOBS: dict[str, Callable[[UUID], None]] = {
    "fetch_document": _fetch_document,
    "deliver_message": deliver_message,
    "deliver": _deliver,
}
"""What is queued with a change; the subject is a row's id."""

UPKEEP: dict[str, Callable[[], int]] = {
    "recover": recover,
    "expire": expire,
    "sweep": sweep,
    "trim_previews": trim_previews,
    "forget_failures": forget_failures,
    "redeliver": lambda: deliveries().take_up(),
    "forget_facts": forget_facts,
    "refresh_statistics": refresh_statistics,
}
"""What the clock asks for; each says how many things it found to do."""

log = structlog.get_logger("sigillo.worker")


def run(name: str, subject: str = "") -> None:
    """Run one job: the one function that the job engine calls.

    It returns when the job is done, also when it had nothing to do. What it raises makes the engine run the job
    again, after SIGILLO_JOB_RETRY_SECONDS and five times at most.
    """
    began = time.monotonic()
    with structlog.contextvars.bound_contextvars(job=name, subject=subject):
        try:
            found = _call(name, subject)
        except Exception:
            log.exception("job failed", seconds=_since(began))
            raise
        if found is None:
            log.info("job done", seconds=_since(began))
        elif found:
            log.info("job done", seconds=_since(began), found=found)


def _call(name: str, subject: str) -> int | None:
    if name in UPKEEP:
        return UPKEEP[name]()
    if name not in JOBS:
        raise LookupError(f"There is no job {name!r}; a newer version queued it: run that version's worker.")
    JOBS[name](UUID(subject))
    return None


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
