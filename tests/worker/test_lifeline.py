"""Processes that end with the one that started them, however that one ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word of a parent's death is Linux's own")

FAMILY = """
import os, sys, time
from sigillo.worker.lifeline import bind_forks
bind_forks()
for generation in range(3):
    if os.fork():
        break
os.write(1, f"{os.getpid()}\\n".encode())
time.sleep(60)
"""
CHILD = """
import os, signal, sys, time
from sigillo.worker.lifeline import end_with_parent
signal.signal(signal.SIGTERM, lambda *_: (print("asked", flush=True), sys.exit(0)))
end_with_parent(int(sys.argv[1]), signal.SIGTERM)
print("bound", flush=True)
time.sleep(60)
"""
PARENT = f"""
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())])
time.sleep(60)
"""


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _wait_until_gone(*pids: int) -> None:
    end = time.monotonic() + 5
    while not all(map(_gone, pids)):
        assert time.monotonic() < end, "an orphan goes on"
        time.sleep(0.02)


def test_forks_and_their_forks_die_with_the_first() -> None:
    with subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True) as family:
        assert family.stdout is not None
        pids = [int(family.stdout.readline()) for _ in range(4)]
        assert len(set(pids)) == 4
        family.kill()
        family.wait()
        _wait_until_gone(*pids)


def test_a_program_is_asked_to_stop_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "bound\n"
        parent.kill()
        assert parent.stdout.readline() == "asked\n"


def test_a_parent_that_is_gone_already_is_noticed() -> None:
    answer = subprocess.run([sys.executable, "-c", CHILD, "1"], capture_output=True, text=True, timeout=10, check=False)
    assert "asked" in answer.stdout
    assert os.getppid() != 1 or answer.returncode == 0
    assert answer.returncode in (0, -signal.SIGTERM)
