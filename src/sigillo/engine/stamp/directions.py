"""The order in which mixed left-to-right and right-to-left text is drawn (Unicode UAX #9).

python-bidi resolves the levels; it knows no bracket pairs (rule N0), which are added here. Explicit
formatting characters do not reach this place: a signature shows no text whose order somebody steers unseen.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from bidi import algorithm

from sigillo.engine.stamp.typefaces import JOINERS

_BRACKETS = dict(zip("([{（［｛「『【〔〈《", ")]}）］｝」』】〕〉》", strict=True))
_MAXIMUM_DEPTH = 63  # BD16


class Levelled(Protocol):
    """A piece of a line with one embedding level: even from left to right, odd from right to left."""

    @property
    def level(self) -> int:
        """The embedding level that the bidirectional algorithm gave (UAX #9)."""


Piece = TypeVar("Piece", bound=Levelled)


def embedding_levels(text: str) -> tuple[int, tuple[int, ...]]:
    """The level of a paragraph, by its first strong character (P2, P3), and of each character (W, N, I)."""
    base: int = algorithm.get_base_level(text)
    storage = algorithm.get_empty_storage()
    storage["base_level"] = base
    storage["base_dir"] = ("L", "R")[base]
    algorithm.get_embedding_levels("".join(c for c in text if c not in JOINERS), storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _resolve_brackets(storage["chars"], storage["base_dir"])
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    resolved = iter(character["level"] for character in storage["chars"])
    levels: list[int] = []
    for character in text:
        previous = levels[-1] if levels else base
        levels.append(previous if character in JOINERS else next(resolved))
    return base, tuple(levels)


def visual_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Arrange the pieces of a line, given in reading order, from left to right (L2)."""
    ordered = list(pieces)
    levels = {piece.level for piece in pieces}
    lowest_odd = min((level for level in levels if level % 2), default=0)
    for level in range(max(levels, default=0), lowest_odd - 1 if lowest_odd else 0, -1):
        start = 0
        while start < len(ordered):
            end = start
            while end < len(ordered) and ordered[end].level >= level:
                end += 1
            ordered[start:end] = ordered[start:end][::-1]
            start = end + 1
    return ordered


def _resolve_brackets(characters: list[dict[str, Any]], embedding: str) -> None:
    """Rule N0: a pair of brackets takes one direction, by what it encloses and by what stands before it."""
    for opening, closing in _bracket_pairs(characters):
        inside = {_strong(character["type"]) for character in characters[opening + 1 : closing]} - {None}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            before = (_strong(character["type"]) for character in reversed(characters[:opening]))
            direction = next((strong for strong in before if strong), embedding)
        characters[opening]["type"] = characters[closing]["type"] = direction


def _bracket_pairs(characters: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Definition BD16."""
    pairs: list[tuple[int, int]] = []
    open_brackets: list[tuple[str, int]] = []
    for place, character in enumerate(characters):
        sign = character["ch"]
        if character["type"] != "ON":
            continue
        if sign in _BRACKETS:
            if len(open_brackets) == _MAXIMUM_DEPTH:
                break
            open_brackets.append((_BRACKETS[sign], place))
        elif sign in (awaited := [closing for closing, _ in open_brackets]):
            nearest = len(awaited) - 1 - awaited[::-1].index(sign)
            pairs.append((open_brackets[nearest][1], place))
            del open_brackets[nearest:]
    return sorted(pairs)


def _strong(kind: str) -> str | None:
    if kind == "L":
        return "L"
    return "R" if kind in ("R", "AL", "EN", "AN") else None
