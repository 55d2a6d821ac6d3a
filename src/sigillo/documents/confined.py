"""The inside of a limited child process: first the limits, then the work.

Imports next to nothing, since it starts anew for each document. Started by `limited.run_limited`, as
`confined.main()` with the arguments CPU seconds, bytes of memory and `module:function`.
"""

import ctypes
import os
import resource
import signal
import sys
from importlib import import_module

OUT_OF_MEMORY = 65
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def confine(cpu_seconds: int, memory_bytes: int) -> None:
    """Take away from this process, for good, what reading a document does not need (setrlimit(2), prctl(2)).

    It cannot write a file, start a process (unless it is root's), dump its memory or gain a right; at the end of
    its processor time it is killed by SIGXCPU, at the end of its memory it gets MemoryError, and it dies with the
    thread that started it.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_PDEATHSIG, signal.SIGKILL)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Confine this process, then hand what comes in on standard input to the function that was named."""
    cpu_seconds, memory_bytes, target = sys.argv[1:4]
    confine(int(cpu_seconds), int(memory_bytes))
    module, _, function = target.partition(":")
    try:
        answer = getattr(import_module(module), function)(sys.stdin.buffer.read())
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    os._exit(0)  # no clean-up: a large document in pieces takes long to free
