"""Writing a layout as a PDF content stream (ISO 32000-1, 8 and 9)."""

from collections.abc import Iterable, Mapping

from sigillo.engine.stamp.layout import LEADING, Layout, Line
from sigillo.engine.stamp.shaping import Glyph, Run
from sigillo.engine.stamp.subsets import Subset

# DeviceGray only: the one colour space that goes with every PDF/A output intent (ISO 19005-2, 6.2.4.3).
_FIRST_PARAGRAPH, _OTHERS, _RULE = "0.1 g", "0.32 g", "0.62 G"
_HAIRLINE = 0.5
_RADIUS = 2.5
_CURVE = 0.5523  # a Bézier curve with handles of this part of the radius is a quarter of a circle


def padding(width: float, height: float) -> tuple[float, float]:
    """The horizontal and the vertical distance of the text from the edge, in points."""
    return min(5.0, width * 0.06), min(3.5, height * 0.08)


def content(layout: Layout, width: float, height: float, subsets: Mapping[int, Subset]) -> bytes:
    """Draw the frame and the lines; nothing is painted outside [0 0 width height]."""
    horizontal, _ = padding(width, height)
    scale = layout.size / 1000
    top = (height + layout.height) / 2
    operators = [f"q 0 0 {_numbers(width, height)} re W n", *_frame(width, height)]
    for line in layout.lines:
        left = width - horizontal - line.width * scale if line.from_right else horizontal
        baseline = top - line.ascent * scale
        operators += _line(line, left, baseline, layout.size, subsets)
        top = baseline - (line.descent + LEADING) * scale
    return "\n".join([*operators, "Q"]).encode()


def _frame(width: float, height: float) -> list[str]:
    """A hairline with rounded corners just inside the edge."""
    near = _HAIRLINE / 2
    right, top = width - near, height - near
    radius = min(_RADIUS, (right - near) / 2, (top - near) / 2)
    if radius <= 0:
        return []
    handle = radius * (1 - _CURVE)
    outline = (
        f"{_numbers(near + radius, near)} m",
        f"{_numbers(right - radius, near)} l",
        f"{_numbers(right - handle, near, right, near + handle, right, near + radius)} c",
        f"{_numbers(right, top - radius)} l",
        f"{_numbers(right, top - handle, right - handle, top, right - radius, top)} c",
        f"{_numbers(near + radius, top)} l",
        f"{_numbers(near + handle, top, near, top - handle, near, top - radius)} c",
        f"{_numbers(near, near + radius)} l",
        f"{_numbers(near, near + handle, near + handle, near, near + radius, near)} c",
    )
    return [_RULE, f"{_numbers(_HAIRLINE)} w", *outline, "s"]


def _line(line: Line, left: float, baseline: float, size: float, subsets: Mapping[int, Subset]) -> list[str]:
    operators = [
        _OTHERS if line.paragraph else _FIRST_PARAGRAPH,
        "BT",
        f"1 0 0 1 {_numbers(left, baseline)} Tm",
    ]
    drift, current = 0.0, None
    for run in line.runs:
        subset = subsets[run.typeface]
        if run.typeface != current:
            operators.append(f"/{subset.font.resource} {_numbers(size)} Tf")
            current = run.typeface
        shown, drift = _glyphs(run.glyphs, size, subset, drift)
        operators += _with_text(run, shown) if _needs_text(run, subset) else shown
    return [*operators, "ET"]


def _needs_text(run: Run, subset: Subset) -> bool:
    """Whether /ToUnicode cannot give back the text: glyphs that share a character, or come in another order.

    Right-to-left runs go without: extractors that turn them into reading order turn /ActualText as well.
    """
    return run.level % 2 == 0 and any(
        not glyph.text or subset.texts[glyph.number] != glyph.text for glyph in run.glyphs
    )


def _with_text(run: Run, operators: list[str]) -> list[str]:
    """Say what a run reads (ISO 32000-1, 14.9.4)."""
    text = run.text.encode("utf-16-be").hex().upper()
    return [f"/Span <</ActualText <FEFF{text}>>> BDC", *operators, "EMC"]


def _glyphs(glyphs: Iterable[Glyph], size: float, subset: Subset, drift: float) -> tuple[list[str], float]:
    """Show glyphs of one typeface; `drift` is how far the pen stands left of its place, before and after."""
    operators: list[str] = []
    strings: list[str] = []
    rise = 0.0
    for glyph in glyphs:
        if glyph.y != rise:
            operators += [_show(strings), f"{_numbers(glyph.y * size / 1000)} Ts"]
            strings, rise = [], glyph.y
        number = subset.numbers[glyph.number]
        move = round(drift + glyph.x)
        strings += [str(-move)] if move else []
        strings.append(f"<{number:04X}>")
        drift += glyph.advance - move - subset.font.widths[number]
    operators += [_show(strings), "0 Ts" if rise else ""]
    return [operator for operator in operators if operator], drift


def _show(strings: list[str]) -> str:
    return f"[{''.join(strings).replace('><', '')}] TJ" if strings else ""


def _numbers(*values: float) -> str:
    return " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in values)
