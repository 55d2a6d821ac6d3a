"""What the limited child does with a document: inspect it, and say what came of it in JSON."""

import json
from dataclasses import asdict
from mmap import ACCESS_READ, mmap
from pathlib import Path
from time import process_time

from sigillo.engine.errors import Refusal
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.types import Buffer, Placement


def inspect(request: bytes) -> bytes:
    """From `{"path", "placements"}` to `{"inspection"}` or `{"refusal": {"kind", "code", "message"}}`, and its cost.

    `cpu_seconds` is the processor time of this process, start-up included.
    """
    asked = json.loads(request)
    placements = [Placement(each["page"], tuple(each["rect"])) for each in asked["placements"]]
    try:
        told: dict[str, object] = {"inspection": asdict(inspect_pdf(_open(Path(asked["path"])), placements))}
    except Refusal as error:
        told = {"refusal": {"kind": type(error).__name__, "code": error.code, "message": error.message}}
    return json.dumps({**told, "cpu_seconds": process_time()}).encode()


def _open(path: Path) -> Buffer:
    """A map of the file; an empty one cannot be mapped."""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ) if path.stat().st_size else b""
