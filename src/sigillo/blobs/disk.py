"""Blobs on a disk: `root/ab/cd/abcd…`, each file complete and durable before it gets its name.

The order is the promise: temporary file → write → fsync → rename → fsync of the directory → return. A crash
leaves a temporary file or a blob that no row names; `sweep` removes both. A name never stands on half a file.

A disk may still lose or change what it holds. Nothing is built on such a blob: `append` hashes what it copied, and
`put` of the right bytes puts them in the place of the wrong ones.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import IO

from sigillo.blobs.copying import copy_file
from sigillo.blobs.errors import BlobDamaged, BlobMissing
from sigillo.blobs.states import Fingerprint, HashStates, Sha256
from sigillo.blobs.types import Stored, check_digest, is_digest

_TEMPORARIES = "tmp"
_LOCK = "lock"
_BATCH = 500
_CHUNK = 1024 * 1024


class DiskBlobs:
    """The store in one directory of one filesystem. Safe between threads and processes of one machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._states = HashStates()

    def put(self, chunks: Iterable[bytes]) -> Stored:
        """Store the concatenation of the chunks, in constant memory.

        A blob that is there and has its digest is not rewritten; one that lost it is replaced. Raises
        OSError where the disk is full or fails; nothing is left under a final name then.
        """
        state = hashlib.sha256()
        with self._temporary() as file:
            for chunk in chunks:
                state.update(chunk)
                file.write(chunk)
            return self._finish(file, state)

    def append(self, base: str, increment: bytes) -> Stored:
        """Store the blob `base` followed by `increment` as a new blob; the base stays.

        The base is shared or copied inside the kernel, and the copy hashed: the new name tells what was written.
        A large base is not hashed again where this process wrote it and its file was not touched since. Raises
        BlobMissing, and BlobDamaged where the base is not what its name says.
        """
        with self.open(base) as source, self._temporary() as file:
            copy_file(source, file)
            state = self._states.resume(base, Fingerprint.of(source.fileno())) or _hash(file)
            if state.hexdigest() != base:
                raise BlobDamaged(base)
            state.update(increment)
            file.write(increment)
            return self._finish(file, state)

    def open(self, digest: str) -> BufferedReader:
        """The blob for reading; the caller closes it. Raises BlobMissing."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise BlobMissing(digest) from None

    @contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        """The blob's own path, for reading only. Raises BlobMissing."""
        self.size(digest)
        yield self._path(digest)

    def size(self, digest: str) -> int:
        """The number of octets. Raises BlobMissing."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            raise BlobMissing(digest) from None

    def exists(self, digest: str) -> bool:
        """Whether a blob is stored under this digest."""
        return self._path(digest).is_file()

    def delete(self, digest: str) -> None:
        """Remove a blob, whoever refers to it. Raises BlobMissing."""
        try:
            self._path(digest).unlink()
        except FileNotFoundError:
            raise BlobMissing(digest) from None

    def verify(self, digest: str) -> bool:
        """Whether the content still has this digest: reads it all, in constant memory. Raises BlobMissing."""
        with self.open(digest) as file:
            return _hash(file).hexdigest() == digest

    def sweep(self, referenced: Callable[[Sequence[str]], Set[str]], *, now: datetime, older_than: timedelta) -> int:
        """Remove old blobs that no row names and the temporary files of crashes; the number removed."""
        limit = (now - older_than).timestamp()
        removed = sum(self._remove_if_older(path, limit) for path in (self._root / _TEMPORARIES).glob("*"))
        old = (path for path in self._root.glob("??/??/*") if is_digest(path.name) and _is_older(path, limit))
        while batch := list(islice(old, _BATCH)):
            kept = referenced([path.name for path in batch])
            # One that is put again meanwhile is young by now: its age is looked at once more as it is removed.
            removed += sum(self._remove_if_older(path, limit) for path in batch if path.name not in kept)
        return removed

    def _path(self, digest: str) -> Path:
        check_digest(digest)
        return self._root / digest[:2] / digest[2:4] / digest

    @contextmanager
    def _temporary(self) -> Iterator[IO[bytes]]:
        directory = self._root / _TEMPORARIES
        _make_directories(directory)
        with tempfile.NamedTemporaryFile(dir=directory, delete=False) as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)  # by then a stored file has its final name

    def _finish(self, file: IO[bytes], state: Sha256) -> Stored:
        """Rule: fsync of the file → rename → fsync of the directory. Only then may a row name the digest."""
        file.flush()
        os.fchmod(file.fileno(), 0o400)
        os.fsync(file.fileno())
        stored = Stored(digest=state.hexdigest(), size=file.tell())
        target = self._path(stored.digest)
        _make_directories(target.parent)
        intact = self._is_intact(stored)
        with self._locked(fcntl.LOCK_SH):
            if not (intact and _touch(target)):
                Path(file.name).replace(target)
        _fsync_directory(target.parent)  # also where it was there: its writer may not have come this far
        with self.open(stored.digest) as kept:
            self._states.keep(state, Fingerprint.of(kept.fileno()))
        return stored

    def _is_intact(self, stored: Stored) -> bool:
        """Whether the blob stands there whole; one of another size or content is damage, and is replaced."""
        try:
            return self.size(stored.digest) == stored.size and self.verify(stored.digest)
        except BlobMissing:
            return False

    @contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        """Writers share, a removal excludes them: it looks at the age and removes as one step."""
        descriptor = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, mode)
            yield
        finally:
            os.close(descriptor)

    def _remove_if_older(self, path: Path, limit: float) -> bool:
        with self._locked(fcntl.LOCK_EX):
            if not _is_older(path, limit):
                return False
            path.unlink()
            return True


def _hash(file: IO[bytes]) -> Sha256:
    """The hash of all of a file, which stands at its end then."""
    state = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        state.update(chunk)
    return state


def _touch(path: Path) -> bool:
    """Make a file young again: a sweep that runs now leaves it to the row about to name it. False if it is gone."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _is_older(path: Path, limit: float) -> bool:
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:
        return False


def _make_directories(path: Path) -> None:
    if path.is_dir():
        return
    _make_directories(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    _fsync_directory(path.parent)


def _fsync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
