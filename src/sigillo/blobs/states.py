"""The SHA-256 states of large files just written: what is appended to one costs only its own octets."""

import os
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple, Protocol, Self

LARGE = 8 * 1024 * 1024
"""Octets. Hashing fewer takes less time (6 ms) than having them on the disk: they are hashed each time."""


class Sha256(Protocol):
    """A SHA-256 computation of `hashlib` that can go on from where it stands."""

    def update(self, data: bytes, /) -> None:
        """Hash more octets."""

    def hexdigest(self) -> str:
        """The digest so far, 64 lowercase hexadecimal digits."""

    def copy(self) -> Self:
        """An independent computation at the same point."""


class Mark(Protocol):
    """What tells a stored file from every other, and from itself once it was written to; compared by `==`."""

    @property
    def size(self) -> int:
        """Octets."""


class Fingerprint(NamedTuple):
    """What a file's status says of whether it was written to: any change through the system moves `changed`."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, descriptor: int) -> Self:
        """That of an open file."""
        status = os.fstat(descriptor)
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class HashStates:
    """A bounded memory digest → SHA-256 state of large blobs, the least recently used going first; thread-safe.

    A state says what was written, and holds only for the very file that was, untouched since. What a failing disk
    does to it behind the system's back no status tells: who signs a document compares its digest himself.
    """

    def __init__(self, capacity: int = 256) -> None:
        self._capacity = capacity
        self._states: OrderedDict[str, tuple[Mark, Sha256]] = OrderedDict()
        self._lock = Lock()

    def keep(self, state: Sha256, mark: Mark) -> None:
        """Remember the finished state over a file; the caller must not update it any more. Small files are not."""
        if mark.size < LARGE:
            return
        digest = state.hexdigest()
        with self._lock:
            self._states[digest] = (mark, state)
            self._states.move_to_end(digest)
            while len(self._states) > self._capacity:
                self._states.popitem(last=False)

    def resume(self, digest: str, mark: Mark) -> Sha256 | None:
        """A copy of the state over that file, ready for more octets; None where it is not known for certain."""
        with self._lock:
            remembered = self._states.get(digest)
            if remembered is None or remembered[0] != mark:
                return None
            self._states.move_to_end(digest)
            return remembered[1].copy()
