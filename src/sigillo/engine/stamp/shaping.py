"""From characters to glyphs: one run of one typeface, script and direction (OpenType shaping by HarfBuzz)."""

from functools import lru_cache
from typing import NamedTuple

import uharfbuzz

from sigillo.engine.stamp.typefaces import typeface

_MAXIMUM_CACHED = 40  # characters; longer words are rare, and would make the cache heavy


class Glyph(NamedTuple):
    """One glyph of a run: where it stands and how far it moves the pen, in thousandths of the font size.

    `text` are the characters that it stands for; of a cluster's glyphs one has them all and the others none.
    """

    number: int
    advance: float
    x: float
    y: float
    text: str


class Run(NamedTuple):
    """Glyphs of one typeface from left to right; `top` and `bottom` bound their ink over the baseline."""

    typeface: int
    level: int
    text: str
    glyphs: tuple[Glyph, ...]
    width: float
    top: float
    bottom: float


def shape(index: int, level: int, script: str, text: str) -> Run:
    """Shape `text`, given in reading order, in the typeface `index` of the catalogue."""
    return (_cached if len(text) <= _MAXIMUM_CACHED else _shaped)(index, level, script, text)


def _shaped(index: int, level: int, script: str, text: str) -> Run:
    opened = typeface(index)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.direction = "rtl" if level % 2 else "ltr"
    buffer.script = script
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.guess_segment_properties()
    uharfbuzz.shape(opened.font, buffer)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    texts = _cluster_texts(text, [info.cluster for info in infos], [place.x_advance for place in positions])
    scale = opened.scale
    glyphs = tuple(
        Glyph(
            info.codepoint,
            place.x_advance * scale,
            place.x_offset * scale,
            place.y_offset * scale,
            characters,
        )
        for info, place, characters in zip(infos, positions, texts, strict=True)
    )
    tops, bottoms = [0.0], [0.0]
    for glyph in glyphs:
        extents = opened.font.get_glyph_extents(glyph.number)
        if extents is not None:
            tops.append(glyph.y + extents.y_bearing * scale)
            bottoms.append(glyph.y + (extents.y_bearing + extents.height) * scale)
    width = sum(glyph.advance for glyph in glyphs)
    return Run(index, level, text, glyphs, width, max(tops), min(bottoms))


_cached = lru_cache(maxsize=4096)(_shaped)


def _cluster_texts(text: str, clusters: list[int], advances: list[int]) -> list[str]:
    """Give the characters of each cluster to its first glyph with an advance: the base of its marks."""
    starts = sorted(set(clusters))
    texts = {start: text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)}
    bases: dict[int, int] = {}
    for place, (cluster, advance) in enumerate(zip(clusters, advances, strict=True)):
        if cluster not in bases or (advance and not advances[bases[cluster]]):
            bases[cluster] = place
    return [texts[cluster] if bases[cluster] == place else "" for place, cluster in enumerate(clusters)]
