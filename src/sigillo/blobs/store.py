"""From the location in the settings to the store."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.errors import BlobLocationUnknown
from sigillo.blobs.s3.location import S3Keys, parse_s3
from sigillo.blobs.types import Blobs, Stored

__all__ = ["Blobs", "Stored", "open_store"]

_FORMS = (
    "write `file:/absolute/path`, a directory on a disk of this machine, or `s3://bucket/prefix?endpoint=https://host`."
)


def open_store(location: str, transit: Path, keys: S3Keys | None = None) -> Blobs:
    """The store at a location: `file:/absolute/path` (or `file:///absolute/path`), or `s3://bucket/prefix?endpoint=…`.

    `transit` is a folder for what is on its way to or from S3, and `keys` sign the requests to it; without them boto3
    looks where it always does. Nothing is made on disk and no server is called before the first blob is stored or
    asked for. Keep the store: it remembers the hash states of what it wrote. Raises BlobLocationUnknown, whose
    sentence names the forms that work.
    """
    if urlsplit(location).scheme == "s3":
        return _bucket(location, transit, keys)
    return DiskBlobs(_folder(location))


def _bucket(location: str, transit: Path, keys: S3Keys | None) -> Blobs:
    from sigillo.blobs.s3.store import S3Blobs  # noqa: PLC0415 - boto3 costs every start 0.1 s, and a disk needs none

    try:
        return S3Blobs(parse_s3(location), keys, transit)
    except ValueError as error:
        raise BlobLocationUnknown(f"The blobs' location is not usable: {str(error).rstrip('.')}; {_FORMS}") from None


def _folder(location: str) -> Path:
    parts = urlsplit(location)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise _unknown(location)
    if not path.is_absolute() or path == Path("/"):
        raise _unknown(location)
    return path


def _unknown(location: str) -> BlobLocationUnknown:
    scheme = location.partition(":")[0][:40]  # only the scheme: what follows may hold a password
    return BlobLocationUnknown(f"The blobs' location `{scheme}:…` is not known here; {_FORMS}")
