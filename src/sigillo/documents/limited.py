"""Work on hostile input, done in a child process that cannot hurt when it goes wrong."""

import os
import select
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from time import monotonic

from sigillo.documents.confined import OUT_OF_MEMORY

MAX_ANSWER = 1 << 20
_CHUNK = 1 << 16
_START = "from sigillo.documents.confined import main; main()"


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What one document may cost: processor seconds, bytes of address space, seconds on the wall clock."""

    cpu_seconds: int = 10
    memory_bytes: int = 512 << 20
    wall_seconds: float = 20


class Outcome(Enum):
    """How a child ended."""

    DONE = "done"
    CPU = "cpu"
    MEMORY = "memory"
    TIME = "time"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Finished:
    """`answer` is what the function returned, where the outcome is DONE; else it is empty.

    `status` is the exit status, negative for a signal.
    """

    outcome: Outcome
    answer: bytes
    status: int


def run_limited(target: str, request: bytes, limits: IntakeLimits, *, max_answer: int = MAX_ANSWER) -> Finished:
    """Call `target` (`module:function`, bytes to `max_answer` bytes at most) in a process of its own, under `limits`.

    The child sees no environment of ours, no open file but the two pipes, and nothing but its own session. It
    is gone when this returns, whatever it did.
    """
    deadline = monotonic() + limits.wall_seconds
    with _child(target, limits) as child:
        try:
            answer = _converse(child, request, deadline, max_answer)
            status = child.wait(max(0, deadline - monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            return Finished(Outcome.TIME, b"", -signal.SIGKILL)
    if status == 0 and len(answer) <= max_answer:
        return Finished(Outcome.DONE, answer, status)
    outcome = {-signal.SIGXCPU: Outcome.CPU, OUT_OF_MEMORY: Outcome.MEMORY}.get(status, Outcome.CRASH)
    return Finished(outcome, b"", status)


@contextmanager
def _child(target: str, limits: IntakeLimits) -> Iterator[subprocess.Popen[bytes]]:
    """The running child; killed with all its group, and reaped, when the block ends."""
    flags = ("-B", "-P", "-S", "-s")  # no bytecode written, nothing imported from the directory, site or user
    arguments = (str(limits.cpu_seconds), str(limits.memory_bytes), target)
    child = subprocess.Popen(
        [sys.executable, *flags, "-c", _START, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": _import_path(), "LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
        bufsize=0,
    )
    with child:  # its __exit__ closes the pipes and waits
        try:
            yield child
        finally:
            with suppress(ProcessLookupError):  # it ended, and left nobody behind
                os.killpg(child.pid, signal.SIGKILL)


def _import_path() -> str:
    """Where this process finds its modules, so that the child finds the same without searching."""
    return os.pathsep.join(entry for entry in sys.path if entry and Path(entry).is_absolute())


def _converse(child: subprocess.Popen[bytes], request: bytes, deadline: float, max_answer: int) -> bytes:
    """Write the request and read the answer at once, so that neither side can block the other.

    Raises TimeoutError at the deadline. Reads at most one chunk beyond `max_answer` and then hangs up.
    """
    assert child.stdin  # noqa: S101  both pipes were asked for
    assert child.stdout  # noqa: S101
    pending, answer = memoryview(request), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdin, selectors.EVENT_WRITE)
        selector.register(child.stdout, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, deadline - monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                if key.fileobj is child.stdin:
                    pending = _write(child.stdin.fileno(), pending)
                    if not pending:
                        selector.unregister(child.stdin)
                        child.stdin.close()
                else:
                    piece = os.read(key.fd, _CHUNK)
                    answer += piece
                    if not piece or len(answer) > max_answer:
                        selector.unregister(child.stdout)
                        child.stdout.close()
    return bytes(answer)


def _write(descriptor: int, pending: memoryview) -> memoryview:
    """Write a piece that a pipe takes without waiting; a child that no longer reads gets nothing more."""
    try:
        return pending[os.write(descriptor, pending[: select.PIPE_BUF]) :]
    except BrokenPipeError:
        return pending[:0]
