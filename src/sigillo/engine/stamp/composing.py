"""Composing a visible signature: text in any script, set into a rectangle, with the fonts it needs."""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sigillo.engine.errors import Unplaceable
from sigillo.engine.stamp.drawing import content, padding
from sigillo.engine.stamp.layout import Layout, fit
from sigillo.engine.stamp.paragraphs import paragraph
from sigillo.engine.stamp.subsets import Subset, subset
from sigillo.engine.stamp.values import Stamp

MAXIMUM_LINES = 64
MAXIMUM_CHARACTERS = 4_000


def compose_stamp(lines: Sequence[str], width: float, height: float) -> Stamp:
    """Draw `lines` into a rectangle of `width` × `height` points, as large as fits between 12 and 4 points.

    Each line is a paragraph: it is wrapped, and set from the right where its first letter is of a
    right-to-left script (UAX #9). Text that does not fit at the smallest size ends in an ellipsis. Line breaks
    within a line part paragraphs, blank lines are left out, and no more than `MAXIMUM_LINES` lines with
    `MAXIMUM_CHARACTERS` characters in all are read. Equal arguments give equal bytes.
    Raises Unplaceable for a rectangle without area.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Unplaceable("stamp_without_area", "The rectangle of the signature has no area; make it wider and higher.")
    return _compose(tuple(lines), round(width, 2), round(height, 2))


@lru_cache(maxsize=256)
def _compose(lines: tuple[str, ...], width: float, height: float) -> Stamp:
    paragraphs = [each for line in _bounded(lines) if (each := paragraph(line)).words]
    horizontal, vertical = padding(width, height)
    layout = fit(paragraphs, width - 2 * horizontal, height - 2 * vertical)
    subsets = _subsets(layout)
    return Stamp(
        content=content(layout, width, height, subsets),
        fonts=tuple(each.font for _, each in sorted(subsets.items())),
        width=width,
        height=height,
        missing=tuple(dict.fromkeys(sign for each in paragraphs for sign in each.missing)),
    )


def _bounded(lines: tuple[str, ...]) -> Iterator[str]:
    room = MAXIMUM_CHARACTERS
    for line in lines[:MAXIMUM_LINES]:
        yield from line[:room].splitlines()
        room = max(room - len(line), 0)


def _subsets(layout: Layout) -> dict[int, Subset]:
    uses: dict[int, set[tuple[int, str]]] = {}
    for line in layout.lines:
        for run in line.runs:
            uses.setdefault(run.typeface, set()).update((glyph.number, glyph.text) for glyph in run.glyphs)
    return {index: subset(index, used) for index, used in uses.items()}
