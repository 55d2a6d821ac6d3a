"""The first look at a document that somebody else made, taken at arm's length."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec

from sigillo.documents.limited import Finished, IntakeLimits, Outcome, run_limited
from sigillo.engine.errors import Locked, Protected, Refusal, Unplaceable, Unreadable
from sigillo.engine.inspect import Inspection
from sigillo.engine.types import Placement

__all__ = ["Inspection", "IntakeLimits", "inspect_document", "looks_like_pdf"]

logger = logging.getLogger(__name__)

DEFAULT_LIMITS = IntakeLimits()
ACCEPTED_CPU_SECONDS = 2.0
"""What an accepted document may cost to read: signing reads it again, in a process that has others waiting."""
_CHILD = "sigillo.documents.intake_child:inspect"
_KINDS = {kind.__name__: kind for kind in (Refusal, Protected, Unreadable, Unplaceable, Locked)}
_REMEDY = "Save or print it as a PDF anew, and send that."


class _Refused(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    code: str
    message: str


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    cpu_seconds: float
    inspection: Inspection | None = None
    refusal: _Refused | None = None


def inspect_document(path: Path, placements: Sequence[Placement], limits: IntakeLimits = DEFAULT_LIMITS) -> Inspection:
    """`engine.inspect.inspect_pdf` in a child process under `limits`.

    Raises the same refusals, and Unreadable with the code `intake_costly`, `intake_cpu`, `intake_memory`,
    `intake_time` or `intake_crash` where the document costs more than the limits allow or brings the reader down.
    Raises FileNotFoundError where there is no such file.
    """
    path.stat()  # a file that is not there is our fault, not the document's
    request = {"path": str(path.absolute()), "placements": [asdict(placement) for placement in placements]}
    finished = run_limited(_CHILD, json.dumps(request).encode(), limits)
    if finished.outcome is not Outcome.DONE:
        raise _stopped(finished, path, limits)
    try:
        told = msgspec.json.decode(finished.answer, type=_Told)
    except msgspec.DecodeError:
        raise _stopped(finished, path, limits) from None
    if told.refusal:
        raise _KINDS.get(told.refusal.kind, Refusal)(told.refusal.code, told.refusal.message)
    if not told.inspection:
        raise _stopped(finished, path, limits)
    if told.cpu_seconds > ACCEPTED_CPU_SECONDS:
        raise Unreadable("intake_costly", f"The document is made so that every signature on it is slow. {_REMEDY}")
    return told.inspection


def looks_like_pdf(path: Path) -> bool:
    """Whether a file says near its beginning that it is a PDF, as viewers look for it (ISO 32000-2, annex I)."""
    with path.open("rb") as file:
        return b"%PDF-" in file.read(1024)


def _stopped(finished: Finished, path: Path, limits: IntakeLimits) -> Unreadable:
    """The refusal for a child that did not answer. The log names the file, which is named by its digest."""
    outcome = finished.outcome if finished.outcome is not Outcome.DONE else Outcome.CRASH
    logger.warning("intake of %s ended: %s, status %d", path.name, outcome.value, finished.status)
    costs = {
        Outcome.CPU: f"takes more than {limits.cpu_seconds} s of processor time to read",
        Outcome.MEMORY: f"takes more than {limits.memory_bytes >> 20} MiB of memory to read",
        Outcome.TIME: f"takes more than {limits.wall_seconds:g} s to read",
        Outcome.CRASH: "cannot be read to its end",
    }
    return Unreadable(f"intake_{outcome.value}", f"The document {costs[outcome]}. {_REMEDY}")
