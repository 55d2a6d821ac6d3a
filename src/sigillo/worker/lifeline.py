"""A process that ends with its parent, so that a kill -9 leaves no orphan at work. Elsewhere than on Linux: nothing."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent(parent: int, by: signal.Signals) -> None:
    """Have the kernel send `by` to this process when `parent`, its own parent, is gone; at once if it is already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was told
        os.kill(os.getpid(), by)


def bind_forks() -> None:
    """From now on every fork of this process, and their forks in turn, dies with the one that forked it.

    The job engine ends its processes by messages, which one that was killed can no longer send. The signals that
    stop this process are its own: a fork is ended by SIGTERM at once and does not hear the terminal.
    """
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    def bind() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_with_parent(parent, signal.SIGKILL)

    os.register_at_fork(before=remember, after_in_child=bind)
