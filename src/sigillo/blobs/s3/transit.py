"""Files on their way to and from a bucket: on the disk of this machine, closed to others, gone when they are closed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import IO


class Transit:
    """The folder of files in transit. It is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def nameless(self) -> BufferedRandom:
        """An empty file that no other program sees; the caller closes it, and so does a crash."""
        return tempfile.TemporaryFile(dir=self._made())

    @contextmanager
    def named(self, name: str) -> Iterator[IO[bytes]]:
        """An empty file whose path begins with `name`; it is removed as the context ends."""
        with tempfile.NamedTemporaryFile(dir=self._made(), prefix=f"{name}-") as file:
            yield file

    def sweep(self, limit: float) -> int:
        """Remove what crashes left here before `limit`, a time of the system; the number of files."""
        return sum(_remove_if_older(path, limit) for path in self._folder.glob("*"))

    def _made(self) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder


def _remove_if_older(path: Path, limit: float) -> bool:
    try:
        if path.stat().st_mtime >= limit:
            return False
        path.unlink()
    except FileNotFoundError:  # whoever it belonged to was faster
        return False
    return True
