"""The bytes of documents: by digest, checked when they come back.

append       the base is what its name says, or nothing is made of it
local_file   checked before anybody opens it
mapped       not checked: who signs gets the digest of what he signed (`base_digest`) and compares
opened       the same, to be read in pieces
stream       checked as it goes; the last piece stays here until all of them are known to be right
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, BinaryIO

from sigillo.blobs.errors import BlobDamaged
from sigillo.blobs.store import Stored
from sigillo.installation import blobs

logger = logging.getLogger(__name__)

CHUNK = 1024 * 1024


def keep(chunks: Iterable[bytes]) -> Stored:
    """Store bytes durably; only afterwards may a row speak of them."""
    return blobs().put(chunks)


def keep_file(source: IO[bytes]) -> Stored:
    """Store what an open file holds from its beginning."""
    source.seek(0)
    return keep(iter(lambda: source.read(CHUNK), b""))


def append(base_digest: str, increment: bytes) -> Stored:
    """Store a base revision followed by an increment. Raises BlobMissing and BlobDamaged of the base."""
    return blobs().append(base_digest, increment)


@contextmanager
def local_file(digest: str) -> Iterator[Path]:
    """The document as a file on this machine, to be read only. Raises BlobMissing and BlobDamaged."""
    with blobs().local(digest) as path:
        with path.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != digest:
                raise BlobDamaged(digest)
        yield path


@contextmanager
def mapped(digest: str) -> Iterator[mmap]:
    """The document as a read-only memory map, so that a large one is not copied: as it is on the disk, unchecked.

    Raises BlobMissing, and BlobDamaged where nothing is left of it (no document is empty) or the store looked itself.
    """
    with blobs().open(digest) as file:
        if not os.fstat(file.fileno()).st_size:
            raise BlobDamaged(digest)
        with mmap(file.fileno(), 0, access=ACCESS_READ) as buffer:
            yield buffer


@contextmanager
def opened(digest: str) -> Iterator[BinaryIO]:
    """The document as a file that can be read at any position, so that none of it need be in memory; unchecked.

    Raises BlobMissing, and BlobDamaged where the store looked itself.
    """
    with blobs().open(digest) as file:
        yield file


def stream(digest: str, size: int | None = None) -> Iterator[bytes]:
    """The document in pieces, for an answer over the wire: a damaged one never arrives whole.

    Raises BlobMissing, and BlobDamaged at once where it is of one piece or of another size than `size`; a longer
    one raises it in the place of its last piece, so that the answer breaks off. Give the size that was promised.
    """
    try:
        file = blobs().open(digest)
    except BlobDamaged:
        raise _damaged(digest) from None
    pieces = _checked(file, digest, os.fstat(file.fileno()).st_size if size is None else size)
    return chain([next(pieces, b"")], pieces)


def _checked(file: BinaryIO, digest: str, size: int) -> Iterator[bytes]:
    state, held = sha256(), b""
    with file:
        if os.fstat(file.fileno()).st_size != size:
            raise _damaged(digest)
        while piece := file.read(CHUNK):
            state.update(piece)
            if held:
                yield held
            held = piece
    if state.hexdigest() != digest:
        raise _damaged(digest)
    yield held


def _damaged(digest: str) -> BlobDamaged:
    """The error, and a line in the log: an answer on its way can carry no word of it."""
    error = BlobDamaged(digest)
    logger.error("%s", error)
    return error


def is_intact(digest: str) -> bool:
    """Whether the stored bytes are still those that the digest names."""
    return blobs().verify(digest)
