"""The SHA-256 states of files just written: what is appended to one costs only its own octets."""

from collections import OrderedDict
from threading import Lock
from typing import Protocol, Self


class Sha256(Protocol):
    """A SHA-256 computation of `hashlib` that can go on from where it stands."""

    def update(self, data: bytes, /) -> None:
        """Hash more octets."""

    def hexdigest(self) -> str:
        """The digest so far, 64 lowercase hexadecimal digits."""

    def copy(self) -> Self:
        """An independent computation at the same point."""


class HashStates:
    """A bounded memory (digest, size) → SHA-256 state, the least recently used going first; thread-safe.

    A state says what was written, not what the disk holds today: it spares hashing, it proves nothing.
    """

    def __init__(self, capacity: int = 256) -> None:
        self._capacity = capacity
        self._states: OrderedDict[tuple[str, int], Sha256] = OrderedDict()
        self._lock = Lock()

    def keep(self, state: Sha256, size: int) -> None:
        """Remember a finished state over `size` octets; the caller must not update it any more."""
        key = (state.hexdigest(), size)
        with self._lock:
            self._states[key] = state
            self._states.move_to_end(key)
            while len(self._states) > self._capacity:
                self._states.popitem(last=False)

    def resume(self, digest: str, size: int) -> Sha256 | None:
        """A copy of the state over that blob, ready for more octets; None if it is not remembered."""
        key = (digest, size)
        with self._lock:
            state = self._states.get(key)
            if state is None:
                return None
            self._states.move_to_end(key)
            return state.copy()
