"""From a line of text to words that can be set: cleaned, and cut into clusters that one typeface can draw."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from sigillo.engine.stamp.directions import embedding_levels
from sigillo.engine.stamp.shaping import Run, shape
from sigillo.engine.stamp.typefaces import JOINERS, LATIN, script_of, typeface_for

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Han and kana break between any two signs; Hangul, like other alphabets, at spaces (UAX #14, ID and LB30).
_SYLLABARIES = frozenset({"Hani", "Hira", "Kana", "Bopo"})
_COMMON = "Zyyy"
_MAXIMUM_GRAPHEME = 16  # signs; no language stacks more
_MAXIMUM_CACHED = 120  # characters; longer lines are rare, and would make the cache heavy
_UNBROKEN_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_VARIATION_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


class Cluster(NamedTuple):
    """A base character with its marks: what a reader takes for one sign."""

    text: str
    typeface: int
    script: str
    level: int


class Word(NamedTuple):
    """What a line does not break; `space` is the blank before it, which disappears at the start of a line."""

    clusters: tuple[Cluster, ...]
    space: Run | None
    runs: tuple[Run, ...]
    width: float
    top: float
    bottom: float


class Paragraph(NamedTuple):
    """One line of the stamp's text, before it is wrapped. An odd `level` is set from the right."""

    words: tuple[Word, ...]
    level: int
    missing: tuple[str, ...]


def word(clusters: tuple[Cluster, ...], space: Run | None = None) -> Word:
    """Shape a word: one run for each stretch of the same typeface, script and direction."""
    runs = tuple(
        shape(typeface, level, script, "".join(cluster.text for cluster in stretch))
        for (typeface, script, level), stretch in groupby(clusters, lambda cluster: cluster[1:])
    )
    width = sum(run.width for run in runs)
    return Word(clusters, space, runs, width, max(run.top for run in runs), min(run.bottom for run in runs))


def paragraph(line: str) -> Paragraph:
    """Prepare one line of text; what no typeface has is replaced, and named in `missing`."""
    return _cached(line) if len(line) <= _MAXIMUM_CACHED else _prepared(line)


def _prepared(line: str) -> Paragraph:
    signs, missing = _with_typefaces(_cleaned(line))
    level, levels = embedding_levels("".join(text for text, _, _ in signs))
    clusters, place = [], 0
    for text, typeface, script in signs:
        clusters.append(Cluster(text, typeface, script, levels[place]))
        place += len(text)
    return Paragraph(tuple(_words(clusters)), level, tuple(dict.fromkeys(missing)))


_cached = lru_cache(maxsize=512)(_prepared)


def _cleaned(line: str) -> str:
    """Compose (NFC), make one blank of any white space, drop what only steers display but for the joiners."""
    signs = (_cleaned_sign(sign) for sign in unicodedata.normalize("NFC", line))
    return " ".join(part for part in "".join(signs).split(" ") if part)


def _cleaned_sign(sign: str) -> str:
    if sign in JOINERS or sign in _UNBROKEN_SPACES:
        return sign
    if sign.isspace():
        return " "
    category = unicodedata.category(sign)
    if category == "Cs":  # half a surrogate pair has no encoding
        return REPLACEMENT
    return "" if category in ("Cc", "Cf") or sign in _VARIATION_SELECTORS else sign


def _with_typefaces(text: str) -> tuple[list[tuple[str, int, str]], list[str]]:
    """Split text into grapheme clusters with typeface and script; beside them, what no typeface has."""
    texts = list(_graphemes(text))
    found: list[tuple[str, int, str]] = []
    missing: list[str] = []
    previous: int | None = None
    for grapheme, script in zip(texts, _scripts(texts), strict=True):
        typeface = typeface_for(grapheme, script_of(grapheme[0]), previous)
        if typeface is not None:
            found.append((grapheme, typeface, script))
            previous = typeface if grapheme != " " else previous
            continue
        for sign in grapheme:  # base and marks apart: what can be shown is shown
            alone = typeface_for(sign, script_of(sign), previous)
            missing += [sign] if alone is None else []
            found.append((REPLACEMENT, LATIN, _COMMON) if alone is None else (sign, alone, script))
    return found, missing


def _graphemes(text: str) -> Iterator[str]:
    """Split before every sign that is neither a mark nor a joiner (UAX #29, in what matters to fonts)."""
    start = 0
    for place, sign in enumerate(text):
        extends = sign in JOINERS or unicodedata.category(sign).startswith("M")
        if place > start and not (extends and place - start < _MAXIMUM_GRAPHEME):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _scripts(graphemes: list[str]) -> list[str]:
    """The script of each grapheme; signs of no script take that of the text before them, else after them."""
    own = [script_of(grapheme[0]) for grapheme in graphemes]
    following = next((script for script in own if script), _COMMON)
    scripts: list[str] = []
    for script in own:
        following = script or following
        scripts.append(following)
    return scripts


def _words(clusters: list[Cluster]) -> Iterator[Word]:
    space: Run | None = None
    current: list[Cluster] = []
    for cluster in clusters:
        is_space = cluster.text == " "
        if current and (is_space or _may_break(current[-1], cluster)):
            yield word(tuple(current), space)
            current, space = [], None
        if is_space:
            space = shape(cluster.typeface, cluster.level, cluster.script, " ")
        else:
            current.append(cluster)
    if current:
        yield word(tuple(current), space)


def _may_break(before: Cluster, after: Cluster) -> bool:
    """Whether a line may end between two signs that no blank parts (UAX #14, as far as names need it)."""
    first, second = before.text[-1], after.text[0]
    if first in "-\N{HYPHEN}\N{EN DASH}":
        return second.isalpha()
    ideographic = before.script in _SYLLABARIES or after.script in _SYLLABARIES
    opens = unicodedata.category(first) in ("Ps", "Pi")
    closes = unicodedata.category(second) in ("Pe", "Pf", "Po", "Lm")
    return ideographic and not opens and not closes
