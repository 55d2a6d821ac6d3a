"""Blobs in a bucket, under the same names and with the same promises as on a disk.

A blob is hashed in a file on this machine before it has a name; then it goes up whole, or in parts that become one
object at once, so that no name ever stands on half a blob. Whatever comes back is hashed before anybody sees it.

Storing always writes: it is how a damaged blob heals, and how one that is there already becomes young again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from sigillo.blobs.errors import BlobDamaged, BlobMissing, BlobStoreFailed
from sigillo.blobs.s3 import sweeping
from sigillo.blobs.s3.calls import Absent, Bucket, Object
from sigillo.blobs.s3.location import S3Keys, S3Location
from sigillo.blobs.s3.transit import Transit
from sigillo.blobs.states import LARGE, HashStates, Sha256
from sigillo.blobs.types import Stored

PART = LARGE
"""Octets: what is larger goes up in parts of this size, one of them in memory at a time."""
COPIED = 64 << 20
"""Octets that the server is asked to copy at a time: a second or so."""
_CANNOT_COPY = frozenset({400, 405, 412, 501})
"""What servers answer that cannot put an object together from others, or not from this one any more."""


class Version(NamedTuple):
    """One content of an object: whatever is written to it gets another tag."""

    etag: str
    size: int


class S3Blobs:
    """The store in one bucket. Safe between threads, processes and machines.

    Every method raises BlobStoreFailed where S3 does not answer or refuses, within some twenty seconds of silence,
    and nothing is changed then. `transit` is a folder for what is on its way.
    """

    def __init__(self, location: S3Location, keys: S3Keys | None, transit: Path) -> None:
        self._location = location
        self._bucket = Bucket(location, keys)
        self._transit = Transit(transit)
        self._states = HashStates()

    def put(self, chunks: Iterable[bytes]) -> Stored:
        """Store the concatenation of the chunks, in constant memory; it takes the place of what is there."""
        state = hashlib.sha256()
        with self._transit.nameless() as file:
            for chunk in chunks:
                state.update(chunk)
                file.write(chunk)
            return self._send(file, state)

    def append(self, base: str, increment: bytes) -> Stored:
        """Store the blob `base` followed by `increment` as a new blob; the base stays.

        The server copies a large base, which is read again only where this process did not write or read its very
        version. Raises BlobMissing, and BlobDamaged where the base is not what its name says.
        """
        found = self._look(base)
        if found.size >= LARGE:
            try:
                return self._append_there(base, found, increment)
            except BlobStoreFailed as error:
                if error.status not in _CANNOT_COPY:
                    raise
        return self._append_here(base, increment)

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading, as a file of this machine; the caller closes it. Raises BlobMissing and BlobDamaged."""
        file = self._transit.nameless()
        try:
            self._receive(digest, file)
        except BaseException:
            file.close()
            raise
        return file

    @contextmanager
    def local(self, digest: str) -> Iterator[Path]:
        """A copy of the blob on this machine, for reading only. Raises BlobMissing and BlobDamaged."""
        with self._transit.named(digest) as file:
            self._receive(digest, file)
            yield Path(file.name)

    def size(self, digest: str) -> int:
        """The number of octets. Raises BlobMissing."""
        return self._look(digest).size

    def exists(self, digest: str) -> bool:
        """Whether a blob is stored under this digest."""
        try:
            self._look(digest)
        except BlobMissing:
            return False
        return True

    def delete(self, digest: str) -> None:
        """Remove a blob, whoever refers to it. Raises BlobMissing."""
        self._bucket.delete(self._look(digest).key)

    def verify(self, digest: str) -> bool:
        """Whether the content in the bucket still has this digest: reads it all. Raises BlobMissing."""
        return self._read(digest)[0].hexdigest() == digest

    def sweep(self, referenced: Callable[[Sequence[str]], Set[str]], *, now: datetime, older_than: timedelta) -> int:
        """Set old blobs aside that no row names, and remove what crashes left; the number of both.

        Ages are by the server's clock. What was set aside is removed by the first sweep after `older_than`, or put
        back if a row names it by then: see `sweeping`.
        """
        limit = now - older_than
        removed = sweeping.sweep(self._bucket, referenced, limit)
        return removed + self._transit.sweep(limit.timestamp())

    def _look(self, digest: str) -> Object:
        try:
            return self._bucket.look(self._location.key(digest))
        except Absent:
            raise BlobMissing(digest) from None

    def _read(self, digest: str, sink: IO[bytes] | None = None) -> tuple[Sha256, Object]:
        """The hash of what is in the bucket, and the object that it is of; the content goes to `sink`."""
        state = hashlib.sha256()
        try:
            found, pieces = self._bucket.read(self._location.key(digest))
            for piece in pieces:
                state.update(piece)
                if sink:
                    sink.write(piece)
        except Absent:
            raise BlobMissing(digest) from None
        if state.hexdigest() == digest:
            self._states.keep(state.copy(), Version(found.etag, found.size))
        return state, found

    def _receive(self, digest: str, file: IO[bytes]) -> Sha256:
        """Fill the empty file with the blob; it stands at its beginning then. Raises BlobDamaged."""
        state, _ = self._read(digest, file)
        if state.hexdigest() != digest:
            raise BlobDamaged(digest)
        file.seek(0)
        return state

    def _append_here(self, base: str, increment: bytes) -> Stored:
        with self._transit.nameless() as file:
            state = self._receive(base, file)
            state.update(increment)
            file.seek(0, 2)
            file.write(increment)
            return self._send(file, state)

    def _append_there(self, base: str, found: Object, increment: bytes) -> Stored:
        state = self._states.resume(base, Version(found.etag, found.size))
        if state is None:
            state, found = self._read(base)
            if state.hexdigest() != base:
                raise BlobDamaged(base)
        state.update(increment)
        key = self._location.key(state.hexdigest())
        try:
            with self._bucket.upload(key) as upload:
                for first, last in _ranges(found.size):
                    upload.copy(found, first, last)
                if increment:
                    upload.add(increment)
        except Absent:
            raise BlobMissing(base) from None
        return self._assembled(state, found.size + len(increment))

    def _send(self, file: IO[bytes], state: Sha256) -> Stored:
        """Upload a whole file; where it is in one piece, the server compares the digest before it answers."""
        size = file.tell()
        file.seek(0)
        key = self._location.key(state.hexdigest())
        if size <= PART:
            tag = self._bucket.put(key, file.read(), state.hexdigest())
            return self._kept(state, Version(tag, size))
        with self._bucket.upload(key) as upload:
            for _ in range(0, size, PART):
                upload.add(file.read(PART))  # bound to no name, so that it is gone before the next is read
        return self._assembled(state, size)

    def _assembled(self, state: Sha256, size: int) -> Stored:
        """What was put together on the server, once it is seen to be all there."""
        found = self._look(state.hexdigest())
        if found.size != size:
            self._bucket.delete(found.key)
            raise BlobStoreFailed(f"S3 at {self._location.host} put parts together wrongly; use another server.")
        return self._kept(state, Version(found.etag, found.size))

    def _kept(self, state: Sha256, version: Version) -> Stored:
        self._states.keep(state, version)
        return Stored(digest=state.hexdigest(), size=version.size)


def _ranges(size: int) -> Iterator[tuple[int, int]]:
    """First and last octets of the parts to copy: as many as needed, and equal, so that none is too small."""
    count = -(-size // COPIED)
    step = -(-size // count)
    return ((first, min(first + step, size) - 1) for first in range(0, size, step))
