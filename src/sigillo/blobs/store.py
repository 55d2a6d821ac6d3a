"""From the location in the settings to the store."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.errors import BlobLocationUnknown
from sigillo.blobs.types import Blobs, Stored

__all__ = ["Blobs", "Stored", "open_store"]


def open_store(location: str) -> Blobs:
    """The store at a location: `file:/absolute/path` (or `file:///absolute/path`).

    Nothing is made on disk until the first blob is stored. Keep the store: it remembers the hash states of
    what it wrote. Raises BlobLocationUnknown, whose sentence names the forms that work.
    """
    parts = urlsplit(location)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise _unknown(location)
    if not path.is_absolute() or path == Path("/"):
        raise _unknown(location)
    return DiskBlobs(path)


def _unknown(location: str) -> BlobLocationUnknown:
    scheme = location.partition(":")[0][:40]  # only the scheme: what follows may hold a password
    return BlobLocationUnknown(
        f"The blobs' location `{scheme}:…` is not known here; "
        "write `file:/absolute/path`, a directory on a disk of this machine."
    )
