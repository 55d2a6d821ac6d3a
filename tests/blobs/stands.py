"""Each kind of store in a place of its own, and what happens to it behind its back."""

import uuid
from pathlib import Path
from typing import Protocol

from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.s3.location import parse_s3
from sigillo.blobs.s3.store import S3Blobs
from sigillo.blobs.types import Blobs
from tests.support.s3_server import BUCKET, KEYS, S3Server


class Stand(Protocol):
    """A store under test."""

    batches: str
    """The constant that says how many digests a sweep asks for at once."""
    memory: int
    """Octets that a blob of any size may take on its way."""

    @property
    def blobs(self) -> Blobs:
        """The store, which remembers what it did."""

    def fresh(self) -> Blobs:
        """Another store over the same place: it remembers nothing."""

    def replace(self, digest: str, content: bytes) -> None:
        """Put other bytes under a name, as a fault or an intruder does."""

    def left(self) -> set[str]:
        """Everything that is there: digests, and names of whatever else was left lying about."""


class DiskStand:
    """A folder."""

    batches = "sigillo.blobs.disk._BATCH"
    memory = 4 << 20

    def __init__(self, folder: Path) -> None:
        self._root = folder / "home" / "blobs"
        self.blobs = self.fresh()

    def fresh(self) -> Blobs:
        return DiskBlobs(self._root)

    def replace(self, digest: str, content: bytes) -> None:
        path = self._root / digest[:2] / digest[2:4] / digest
        path.chmod(0o600)
        path.write_bytes(content)

    def left(self) -> set[str]:
        return {path.name for path in self._root.rglob("*") if path.is_file() and path.name != "lock"}


class S3Stand:
    """A prefix in the bucket of a real server."""

    batches = "sigillo.blobs.s3.sweeping.BATCH"
    memory = 12 << 20

    def __init__(self, folder: Path, server: S3Server, options: str = "") -> None:
        self.server = server
        self.prefix = f"{uuid.uuid4()}/"
        self.transit = folder / "home" / "transit"
        self._options = options
        self.blobs = self.fresh()

    def fresh(self, endpoint: str = "") -> S3Blobs:
        location = parse_s3(self.server.location(self.prefix, self._options, endpoint=endpoint))
        return S3Blobs(location, KEYS, self.transit)

    def replace(self, digest: str, content: bytes) -> None:
        self.server.client.put_object(Bucket=BUCKET, Key=self.key(digest), Body=content)

    def left(self) -> set[str]:
        here = {path.name for path in self.transit.glob("*")}
        keys = {key.rpartition("/")[2] for key in self.server.keys(self.prefix)}
        return {*here, *keys, *(f"upload of {key}" for key in self.server.uploads(self.prefix))}

    def key(self, digest: str) -> str:
        """Where the blob is, as an operator finds it."""
        return f"{self.prefix}{digest[:2]}/{digest[2:4]}/{digest}"
