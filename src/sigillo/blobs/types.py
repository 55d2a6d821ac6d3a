"""What a store of blobs offers, whatever it is made of."""

import re
from collections.abc import Callable, Iterable, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob that is durable: its SHA-256 as 64 lowercase hexadecimal digits, and its size in octets."""

    digest: str
    size: int


class Blobs(Protocol):
    """Bytes by digest. What `put` and `append` return is on durable storage before they return.

    Every method raises BlobStoreFailed where a store on the network does not do its part; nothing is half-done then.

    Blobs are shared by all that have the same content: nobody deletes one because *he* no longer needs it.
    Let go of the row that names it, and `sweep` removes what no row names.
    """

    def put(self, chunks: Iterable[bytes]) -> Stored:
        """Store the concatenation of the chunks; a damaged blob of their digest is replaced."""

    def append(self, base: str, increment: bytes) -> Stored:
        """Store the blob `base` followed by `increment`, as a new blob. Raises BlobMissing and BlobDamaged."""

    def open(self, digest: str) -> BinaryIO:
        """The blob for reading, a file of this machine; the caller closes it. Raises BlobMissing.

        What a disk changed is read as it is; what comes over a network is checked on its way, and BlobDamaged raised.
        """

    def local(self, digest: str) -> AbstractContextManager[Path]:
        """A path to the blob that another program can read while the context lasts. Raises as `open` does."""

    def size(self, digest: str) -> int:
        """The number of octets. Raises BlobMissing."""

    def exists(self, digest: str) -> bool:
        """Whether a blob is stored under this digest."""

    def delete(self, digest: str) -> None:
        """Remove a blob, whoever refers to it: for tests and operators. Raises BlobMissing."""

    def verify(self, digest: str) -> bool:
        """Whether the content still has this digest: reads it all. Raises BlobMissing."""

    def sweep(self, referenced: Callable[[Sequence[str]], Set[str]], *, now: datetime, older_than: timedelta) -> int:
        """Remove what no row names and nobody touched for `older_than`; the number of files removed.

        `referenced` is asked for a few hundred digests at a time and gives those that rows name.
        `now` must be aware. A blob that `put` or `append` returned counts as touched at that moment, so
        `older_than` must exceed the time from there to the commit of the row that names it.
        """


def is_digest(name: str) -> bool:
    """Whether a name is a SHA-256 digest as we write it: 64 lowercase hexadecimal digits."""
    return _DIGEST.fullmatch(name) is not None


def check_digest(name: str) -> None:
    """Raises ValueError unless the name is a digest: names become paths."""
    if not is_digest(name):
        raise ValueError(f"{name[:80]!r} is no SHA-256 digest of 64 lowercase hexadecimal digits.")
