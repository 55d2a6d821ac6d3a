"""What an answer has ahead of its client: a little in memory, the rest on disk, and a bound on the whole.

The thread that makes an answer puts pieces in and is never held up by the client; the event loop takes them out at
the client's pace. A client that keeps up is served from memory alone.
"""

import asyncio
import os
from collections import deque
from tempfile import TemporaryFile
from threading import Condition, Lock
from time import monotonic
from typing import IO

IN_MEMORY = PIECE = 1024 * 1024
PIECE_OF_DISK = 256 * 1024
WAIT_SECONDS = 0.05
"""How long a maker waits for room in memory before it turns to the disk, each time."""
PATIENCE_SECONDS = 0.5
"""How long it waits over the whole answer."""
ON_DISK = 2 * 1024**3
"""What all answers of a process together may have on disk."""


class Disk:
    """The room on disk that all answers share; when it is full, the slowest client loses its answer."""

    def __init__(self, size: int = ON_DISK) -> None:
        self._size = size
        self._lock = Lock()
        self._held: dict[Backlog, int] = {}

    def claim(self, backlog: "Backlog", size: int) -> None:
        """Count so many bytes more for one answer, and break others off until that fits."""
        with self._lock:
            self._held[backlog] = self._held.get(backlog, 0) + size
            while sum(self._held.values()) > self._size:
                slowest = min(self._held, key=Backlog.rate)
                del self._held[slowest]
                slowest.give_up("the disk space for waiting answers is full, and its client was the slowest")

    def release(self, backlog: "Backlog") -> None:
        """Count nothing any more for this answer."""
        with self._lock:
            self._held.pop(backlog, None)


class Backlog:
    """The pieces of one answer between its maker, in a thread, and its sender, on the event loop."""

    def __init__(self, disk: Disk) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._changed = Condition()
        self._disk = disk
        self._memory: deque[bytes] = deque()
        self._in_memory = 0
        self._file: IO[bytes] | None = None
        self._written = self._read = 0
        self._ended = False
        self._patience = PATIENCE_SECONDS
        self._began = 0.0
        self._taken = 0
        self.given_up: str | None = None
        """Why nobody wants the rest."""

    def put(self, data: bytes) -> bool:
        """Take what the maker has, in its thread; False once nobody wants more.

        Raises:
            OSError: the disk is full.
        """
        self._began = self._began or monotonic()
        return all(self._put(data[start : start + PIECE]) for start in range(0, len(data), PIECE)) and self._wanted()

    def _put(self, piece: bytes) -> bool:
        with self._changed:
            if self._file is None and not self._room():
                self._wait_for_room()
            if not self._wanted():
                return False
            if self._file is None and self._room():
                self._memory.append(piece)
                self._in_memory += len(piece)
                self._wake()
                return True
        self._put_on_disk(piece)
        return self._wanted()

    def _wait_for_room(self) -> None:
        began = monotonic()
        self._changed.wait_for(lambda: self._room() or not self._wanted(), min(WAIT_SECONDS, self._patience))
        self._patience = max(0.0, self._patience - (monotonic() - began))

    def _put_on_disk(self, piece: bytes) -> None:
        self._disk.claim(self, len(piece))
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed when the answer is
        self._file.write(piece)
        self._file.flush()
        with self._changed:
            self._written += len(piece)
        self._wake()

    async def take(self) -> bytes | None:
        """The next piece, when there is one; None at the end, or once the answer was given up."""
        while self._wanted():
            with self._changed:
                self._arrived.clear()
                if self._memory:
                    return self._take_from_memory()
                unread, ended = self._written - self._read, self._ended
            if self._file is not None and unread:
                return await self._take_from_disk(self._file)
            if ended:
                return None
            await self._arrived.wait()
        return None

    def _take_from_memory(self) -> bytes:
        piece = self._memory.popleft()
        self._in_memory -= len(piece)
        self._taken += len(piece)
        self._changed.notify()
        return piece

    async def _take_from_disk(self, file: IO[bytes]) -> bytes:
        piece = await asyncio.to_thread(os.pread, file.fileno(), PIECE_OF_DISK, self._read)
        self._read += len(piece)
        self._taken += len(piece)
        return piece

    def end(self) -> None:
        """Nothing more comes."""
        with self._changed:
            self._ended = True
        self._wake()

    def give_up(self, reason: str) -> None:
        """Want nothing more; whoever puts or takes is told. The first reason stays."""
        with self._changed:
            self.given_up = self.given_up or reason
            self._changed.notify()
        self._wake()

    def close(self) -> None:
        """Give memory and disk back; a maker that still runs finds its file closed."""
        self._disk.release(self)
        self._memory.clear()
        if self._file is not None:
            self._file.close()

    def rate(self) -> float:
        """Bytes that the client took per second so far."""
        return self._taken / max(monotonic() - self._began, WAIT_SECONDS)

    def _room(self) -> bool:
        return self._in_memory < IN_MEMORY

    def _wanted(self) -> bool:
        return self.given_up is None

    def _wake(self) -> None:
        self._loop.call_soon_threadsafe(self._arrived.set)
