"""What a child might do to us, each in one function for `run_limited`."""

import ctypes
import os
import resource
import sys
import time
from pathlib import Path


def echo(request: bytes) -> bytes:
    return request


def burn(_: bytes) -> bytes:
    while True:
        pass


def sleep(_: bytes) -> bytes:
    time.sleep(60)
    return b""


def grow(_: bytes) -> bytes:
    held = []
    while True:
        held.append(bytearray(1 << 24))


def raises(_: bytes) -> bytes:
    raise RuntimeError("secret content of the document")


def segfault(_: bytes) -> bytes:
    ctypes.string_at(0)
    return b""


def leave(_: bytes) -> bytes:
    os._exit(0)


def chatter(_: bytes) -> bytes:
    while True:
        sys.stdout.buffer.write(b"x" * 65_536)


def write_a_file(request: bytes) -> bytes:
    try:
        Path(request.decode()).write_bytes(b"x" * 100_000)
    except OSError as error:
        return (error.strerror or "").encode()
    return b"written"


def start_a_process(_: bytes) -> bytes:
    try:
        child = os.fork()
    except OSError as error:
        return (error.strerror or "").encode()
    if not child:
        time.sleep(60)
    return b"started"


def leave_somebody_behind(_: bytes) -> bytes:
    """A grandchild that lets go of the pipe, so that nobody waits for it; where we may not fork, nothing."""
    try:
        grandchild = os.fork()
    except OSError:
        return b"0"
    if not grandchild:
        os.close(1)
        time.sleep(60)
    return str(grandchild).encode()


def report(_: bytes) -> bytes:
    limits = {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")}
    status = Path("/proc/self/status").read_text()
    descriptors = sorted(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    facts = {
        "environment": dict(os.environ),
        "limits": limits,
        "no_new_privileges": "NoNewPrivs:\t1" in status,
        "descriptors": descriptors,
        "session": os.getsid(0) == os.getpid(),
        "directory": str(Path.cwd()),
    }
    return repr(facts).encode()
