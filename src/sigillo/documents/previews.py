"""Pages of documents as pictures: rendered at arm's length, kept by digest for the next who asks."""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from sigillo.base.errors import Invalid, NotFound, Unavailable
from sigillo.documents.limited import IntakeLimits, Outcome, run_limited

LIMITS = IntakeLimits(cpu_seconds=10, memory_bytes=512 << 20, wall_seconds=15)
MAX_ANSWER = 64 << 20
MAX_SIDE = 4000
DEFAULT_WIDTH = 800
_CHILD = "sigillo.documents.preview_child:render"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a page is wanted, in pixels: by its width, or by its height where there is no width."""

    width: int | None = DEFAULT_WIDTH
    height: int | None = None

    @property
    def name(self) -> str:
        """A part of a file name."""
        return f"w{self.width}" if self.width else f"h{self.height}"


class Previews:
    """The pictures in one folder. Anything in it can be deleted at any time, and is made anew when it is missed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def page(self, digest: str, number: int, size: Size, local: Callable[[str], AbstractContextManager[Path]]) -> bytes:
        """Page `number`, from 1, of the document with this digest, as PNG; `local` gives its bytes as a file.

        Raises:
            NotFound: the document has no such page.
            Invalid: the page cannot be painted within the limits.
        """
        place = self.folder / digest[:2] / f"{digest}-{number}-{size.name}.png"
        try:
            picture = place.read_bytes()
            os.utime(place)  # its age is how long nobody asked for it
        except FileNotFoundError:
            with local(digest) as path:
                picture = render(path, number, size)
            _keep(place, picture)
        return picture

    def trim(self, max_bytes: int) -> int:
        """Delete what nobody asked for longest, until no more than `max_bytes` are left; how many were deleted."""
        kept = sorted(((entry.stat(), entry) for entry in self.folder.glob("*/*")), key=lambda item: item[0].st_mtime)
        excess, deleted = sum(stat.st_size for stat, _ in kept) - max_bytes, 0
        for stat, entry in kept:
            if excess <= 0:
                break
            entry.unlink(missing_ok=True)
            excess, deleted = excess - stat.st_size, deleted + 1
        return deleted


def render(path: Path, number: int, size: Size) -> bytes:
    """One page as PNG, rendered in a limited child. Raises like `Previews.page`."""
    request = {"path": str(path.absolute()), "page": number, "width": size.width, "height": size.height}
    finished = run_limited(_CHILD, json.dumps(request).encode(), LIMITS, max_answer=MAX_ANSWER)
    if finished.outcome is Outcome.DONE and finished.answer[:1] == b"+":
        return finished.answer[1:]
    if finished.outcome is Outcome.DONE and finished.answer == b"0":
        raise NotFound("page_not_found", f"The document has no page {number}.")
    raise Invalid("page_unpaintable", f"Page {number} cannot be shown; download the document to read it.")


def _keep(place: Path, picture: bytes) -> None:
    """Store a picture whole or not at all; it is a copy, so it need not survive a power cut."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(picture)
        Path(file.name).replace(place)
    except OSError as error:
        raise Unavailable("disk_full", "The picture could not be stored; the operator must make room.") from error
