"""Setting paragraphs into a rectangle: the largest size at which everything fits, wrapped between words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sigillo.engine.stamp.directions import visual_order
from sigillo.engine.stamp.paragraphs import Cluster, Paragraph, Word, word
from sigillo.engine.stamp.shaping import Run
from sigillo.engine.stamp.typefaces import LATIN

MAXIMUM_SIZE = 12.0
MINIMUM_SIZE = 4.0
READABLE_SIZE = 7.0
"""Words are kept whole down to this size; rather than go below it they are broken."""
_STEP = 0.25

# In thousandths of the font size: what a line of text claims, and the air between two lines. The upper bounds
# are those of the tallest script; towers of combining marks get no more.
_ASCENT, _MAXIMUM_ASCENT = 760.0, 1500.0
_DESCENT, _MAXIMUM_DESCENT = 240.0, 1350.0
LEADING = 160.0

_ELLIPSIS = "…"


class Line(NamedTuple):
    """One line as it is drawn, in thousandths of the font size; `paragraph` is the place of its paragraph."""

    runs: tuple[Run, ...]
    width: float
    ascent: float
    descent: float
    paragraph: int
    from_right: bool


class Layout(NamedTuple):
    """The lines that are shown, at `size` points; together they are `height` points high."""

    size: float
    height: float
    lines: tuple[Line, ...]


class _Row(NamedTuple):
    """The words of one line in reading order."""

    words: list[Word]
    paragraph: int
    level: int
    ascent: float
    descent: float


def fit(paragraphs: Sequence[Paragraph], width: float, height: float) -> Layout:
    """Set `paragraphs` into `width` × `height` points.

    Between `MAXIMUM_SIZE` and `MINIMUM_SIZE` the largest size is taken at which all lines fit. Text that does
    not fit even at the smallest is cut, and its last line ends in an ellipsis.
    """
    best = MINIMUM_SIZE
    low, high = 0, round((MAXIMUM_SIZE - MINIMUM_SIZE) / _STEP)
    while low <= high:  # what fits at one size fits at every smaller one
        middle = (low + high) // 2
        size = MINIMUM_SIZE + middle * _STEP
        if _fits(paragraphs, size, width, height):
            best, low = size, middle + 1
        else:
            high = middle - 1
    rows, used, complete = _visible(paragraphs, best, width, height)
    if not complete:
        last = rows[-1]
        rows[-1] = _row(_ended(last.words, last.level, width * 1000 / best), last.paragraph, last.level)
    return Layout(best, used * best / 1000, tuple(_line(row) for row in rows))


def _fits(paragraphs: Sequence[Paragraph], size: float, width: float, height: float) -> bool:
    limit = width * 1000 / size
    if size >= READABLE_SIZE and any(each.width > limit for paragraph in paragraphs for each in paragraph.words):
        return False
    _, used, complete = _visible(paragraphs, size, width, height)
    return complete and used <= height * 1000 / size


def _visible(
    paragraphs: Sequence[Paragraph], size: float, width: float, height: float
) -> tuple[list[_Row], float, bool]:
    """The rows that have room, the first in any case; their height; and whether these are all."""
    limit, room = width * 1000 / size, height * 1000 / size
    rows: list[_Row] = []
    used = 0.0
    for place, paragraph in enumerate(paragraphs):
        for words in _wrap(_broken(paragraph.words, limit), limit):
            row = _row(words, place, paragraph.level)
            claimed = row.ascent + row.descent + (LEADING if rows else 0)
            if rows and used + claimed > room:
                return rows, used, False
            rows.append(row)
            used += claimed
    return rows, used, True


def _row(words: list[Word], paragraph: int, level: int) -> _Row:
    ascent = min(max(_ASCENT, *(each.top for each in words)), _MAXIMUM_ASCENT)
    descent = min(max(_DESCENT, *(-each.bottom for each in words)), _MAXIMUM_DESCENT)
    return _Row(words, paragraph, level, ascent, descent)


def _wrap(words: Iterable[Word], limit: float) -> Iterator[list[Word]]:
    line: list[Word] = []
    used = 0.0
    for each in words:
        claimed = each.width + (each.space.width if line and each.space else 0.0)
        if line and used + claimed > limit:
            yield line
            line, used = [each], each.width
        else:
            line.append(each)
            used += claimed
    if line:
        yield line


def _broken(words: Iterable[Word], limit: float) -> Iterator[Word]:
    """Break the words that are wider than a line; at least one sign goes on each."""
    for each in words:
        if each.width <= limit:
            yield each
            continue
        start, used = 0, 0.0
        for place, cluster in enumerate(each.clusters):
            claimed = word((cluster,)).width
            if place > start and used + claimed > limit:
                yield word(each.clusters[start:place], None if start else each.space)
                start, used = place, 0.0
            used += claimed
        yield word(each.clusters[start:], None if start else each.space)


def _ended(words: list[Word], level: int, limit: float) -> list[Word]:
    """Take signs off the end of a line until an ellipsis finds room behind them."""
    ellipsis = Cluster(_ELLIPSIS, LATIN, "Zyyy", level)
    kept = list(words)
    while True:
        last = kept.pop()
        for count in range(len(last.clusters), 0, -1):
            candidate = [*kept, word((*last.clusters[:count], ellipsis), last.space)]
            if _width(candidate) <= limit:
                return candidate
        if not kept:
            return [word((ellipsis,))]


def _width(words: Sequence[Word]) -> float:
    blanks = sum(each.space.width for each in words[1:] if each.space)
    return blanks + sum(each.width for each in words)


def _line(row: _Row) -> Line:
    runs: list[Run] = []
    for place, each in enumerate(row.words):
        runs += [each.space] if place and each.space else []
        runs += each.runs
    return Line(
        tuple(visual_order(runs)),
        _width(row.words),
        row.ascent,
        row.descent,
        row.paragraph,
        row.level % 2 == 1,
    )
