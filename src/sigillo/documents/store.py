"""The bytes of documents: by digest, checked when they come back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO

from sigillo.blobs.store import Stored
from sigillo.installation import blobs

CHUNK = 1024 * 1024


def keep(chunks: Iterable[bytes]) -> Stored:
    """Store bytes durably; only afterwards may a row speak of them."""
    return blobs().put(chunks)


def keep_file(source: IO[bytes]) -> Stored:
    """Store what an open file holds from its beginning."""
    source.seek(0)
    return keep(iter(lambda: source.read(CHUNK), b""))


def append(base_digest: str, increment: bytes) -> Stored:
    """Store a base revision followed by an increment."""
    return blobs().append(base_digest, increment)


@contextmanager
def local_file(digest: str) -> Iterator[Path]:
    """The document as a file on this machine, to be read only."""
    with blobs().local(digest) as path:
        yield path


@contextmanager
def mapped(digest: str) -> Iterator[mmap]:
    """The document as a read-only memory map, so that a large one is not copied."""
    with local_file(digest) as path, path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as buffer:
        yield buffer


def stream(digest: str) -> Iterator[bytes]:
    """The document in pieces, for an answer over the wire."""
    with blobs().open(digest) as file:
        while chunk := file.read(CHUNK):
            yield chunk
