"""A child that misbehaves is stopped, named, and leaves nothing behind."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from sigillo.documents.limited import IntakeLimits, Outcome, run_limited

LIMITS = IntakeLimits(cpu_seconds=1, memory_bytes=200 << 20, wall_seconds=5)
HERE = "tests.documents.hostile_children"


def test_work_that_behaves_gives_its_answer() -> None:
    request = os.urandom(300_000)  # more than a pipe holds, both ways
    finished = run_limited(f"{HERE}:echo", request, LIMITS)
    assert (finished.outcome, finished.answer, finished.status) == (Outcome.DONE, request, 0)


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        ("burn", Outcome.CPU),
        ("grow", Outcome.MEMORY),
        ("raises", Outcome.CRASH),
        ("segfault", Outcome.CRASH),
        ("chatter", Outcome.CRASH),
        ("no_such_work", Outcome.CRASH),
    ],
)
def test_each_kind_of_end_has_its_name(work: str, outcome: Outcome) -> None:
    started = monotonic()
    finished = run_limited(f"{HERE}:{work}", b"", LIMITS)
    assert (finished.outcome, finished.answer) == (outcome, b"")
    assert monotonic() - started < 4


def test_a_child_that_sleeps_is_stopped_by_the_clock() -> None:
    started = monotonic()
    finished = run_limited(f"{HERE}:sleep", b"", IntakeLimits(wall_seconds=0.4))
    assert finished.outcome is Outcome.TIME
    assert monotonic() - started < 2


def test_a_child_that_does_not_read_blocks_nobody() -> None:
    finished = run_limited("no.such.module:f", b"x" * 1_000_000, LIMITS)
    assert finished.outcome is Outcome.CRASH


def test_a_child_that_leaves_without_a_word_has_said_nothing() -> None:
    assert run_limited(f"{HERE}:leave", b"", LIMITS).answer == b""


def test_the_child_gets_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGILLO_MASTER_KEY", "secret")
    with Path("/dev/null").open() as ours:
        os.set_inheritable(ours.fileno(), True)
        facts = ast.literal_eval(run_limited(f"{HERE}:report", b"", LIMITS).answer.decode())
    assert set(facts["environment"]) == {"PYTHONPATH", "LC_ALL"}
    assert facts["descriptors"] == [0, 1, 2, 3], "the pipes, /dev/null and the directory being listed"
    assert facts["no_new_privileges"]
    assert facts["session"]
    assert facts["directory"] == "/"
    limits = facts["limits"]
    assert limits["RLIMIT_CPU"] == (1, 2)
    assert limits["RLIMIT_AS"] == (200 << 20, 200 << 20)
    assert limits["RLIMIT_FSIZE"] == limits["RLIMIT_CORE"] == limits["RLIMIT_NPROC"] == (0, 0)


def test_the_child_writes_no_file(tmp_path: Path) -> None:
    target = tmp_path / "written"
    finished = run_limited(f"{HERE}:write_a_file", str(target).encode(), LIMITS)
    assert finished.answer == b"File too large"
    assert target.stat().st_size == 0


@pytest.mark.skipif(os.getuid() == 0, reason="RLIMIT_NPROC does not bind root")
def test_the_child_starts_no_process() -> None:
    assert run_limited(f"{HERE}:start_a_process", b"", LIMITS).answer == b"Resource temporarily unavailable"


def test_nobody_is_left_behind() -> None:
    grandchild = int(run_limited(f"{HERE}:leave_somebody_behind", b"", LIMITS).answer)
    assert grandchild == 0 or _gone(grandchild)


def test_the_child_dies_with_its_parent() -> None:
    """kill -9 of a worker in the middle of an intake."""
    program = (
        "from sigillo.documents.limited import IntakeLimits, run_limited\n"
        f"run_limited('{HERE}:sleep', b'', IntakeLimits(wall_seconds=30))\n"
    )
    path = os.pathsep.join(sys.path)
    with subprocess.Popen([sys.executable, "-c", program], env={"PYTHONPATH": path}) as worker:
        child = _wait_for_child(worker.pid)
        worker.kill()
    assert _gone(child)


def _wait_for_child(parent: int) -> int:
    """The first child of `parent` that has confined itself."""
    deadline = monotonic() + 5
    while monotonic() < deadline:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children and "NoNewPrivs:\t1" in Path(f"/proc/{children[0]}/status").read_text():
            sleep(0.05)  # the death signal is the next call
            return int(children[0])
        sleep(0.01)
    raise AssertionError("the worker started no child")


def _gone(process: int) -> bool:
    deadline = monotonic() + 2
    while monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        sleep(0.01)
    return False
