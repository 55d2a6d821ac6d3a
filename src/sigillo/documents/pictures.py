"""A picture that somebody else made, drawn anew: what comes out is a PNG of ours and nothing else."""

from sigillo.base.errors import Invalid
from sigillo.documents.limited import IntakeLimits, Outcome, run_limited

MAX_BYTES = 5 * 1024 * 1024
"""Of a picture as it comes in."""
LIMITS = IntakeLimits(cpu_seconds=5, memory_bytes=512 << 20, wall_seconds=10)
_CHILD = "sigillo.documents.picture_child:redraw"


def redraw(picture: bytes) -> bytes:
    """A PNG of at most 1 MiB that shows the same, made in a limited child process.

    Raises:
        Invalid: it is no PNG, JPEG, GIF or WebP, has too many pixels, or costs too much to read.
    """
    finished = run_limited(_CHILD, picture, LIMITS)
    if finished.outcome is not Outcome.DONE or not finished.answer:
        raise Invalid(
            "not_a_picture",
            "The address does not lead to a PNG, JPEG, GIF or WebP picture of at most 25 million pixels.",
        )
    return finished.answer
