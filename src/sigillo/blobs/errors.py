"""What can go wrong with stored bytes; none of it is a caller's fault.

    BlobError
    ├── BlobMissing          no file is stored under this digest
    ├── BlobDamaged          the file under this digest has another content
    ├── BlobStoreFailed      a store that is reached over the network does not answer, or refuses
    └── BlobLocationUnknown  a store's location is of no form that is known here

A full disk or a failing one stays the OSError that the system gave.
"""


class BlobError(Exception):
    """Each message is a sentence that names the digest or the location, and the remedy."""


class BlobMissing(BlobError):
    """No file is stored under this digest."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"No file is stored under {digest}; restore it from the backup of the blobs.")
        self.digest = digest


class BlobDamaged(BlobError):
    """The file stored under this digest no longer has it."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"The file stored under {digest} has changed since it was stored; restore it from its backup.")
        self.digest = digest


class BlobStoreFailed(BlobError):
    """A store on the network did not do what it was asked: `status` is its HTTP status, None where none came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class BlobLocationUnknown(BlobError):
    """The location of a store has a form that this version does not know."""
