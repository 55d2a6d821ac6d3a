"""Where a visible signature goes: the contract's position text, and the geometry of one page.

Positions are given on the page as a person sees it: origin at the lower left of the visible area after
/Rotate, in real points of 1/72 inch. PDF wants default user space: origin, direction and scale of the page
dictionary (ISO 32000-1, 8.3.2.3 and table 30).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sigillo.engine.errors import Unplaceable
from sigillo.engine.types import Rectangle

Matrix = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f) of ISO 32000-1, 8.3.3."""

MAXIMUM_TEXT = 200
TOLERANCE = 0.5
"""Points by which a rectangle may stick out of the page: pages of 595.276 points are written down as 595."""

_SHAPE = 'write it as "rect: x1, y1, x2, y2", for example "rect: 50mm, 100mm, 200mm, 150mm"'
_POINTS = {"": 1.0, "pt": 1.0, "mm": 72 / 25.4, "in": 72.0}
# Every repetition is bounded and no two neighbours match the same character: matching is linear.
_LENGTH = re.compile(r"([+-]?)([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s{0,9}(pt|mm|in|)", re.IGNORECASE | re.ASCII)


def parse_position(text: str) -> Rectangle:
    """Read `rect: x1, y1, x2, y2`; the answer is in points, with its corners in order.

    Each number may carry `pt` (the default), `mm` or `in`; units may be mixed, and the corners come in any
    order.
    Raises Unplaceable, with a code for each way in which it can be wrong.
    """
    if len(text) > MAXIMUM_TEXT:
        raise Unplaceable("position_too_long", f"The position is longer than {MAXIMUM_TEXT} characters; {_SHAPE}.")
    keyword, colon, numbers = text.partition(":")
    if not colon or keyword.strip().lower() != "rect":
        raise Unplaceable("position_malformed", f"The position does not start with “rect:”; {_SHAPE}.")
    lengths = numbers.split(",")
    if len(lengths) != 4:
        raise Unplaceable("position_malformed", f"The position has {len(lengths)} numbers instead of 4; {_SHAPE}.")
    x1, y1, x2, y2 = (_points(length.strip()) for length in lengths)
    if x1 == x2 or y1 == y2:
        raise Unplaceable(
            "position_empty", "The rectangle has no area; give two opposite corners that differ in x and y."
        )
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _points(length: str) -> float:
    match = _LENGTH.fullmatch(length)
    if match is None:
        raise Unplaceable("position_malformed", f"{length!r} is not a length such as 50, 17.5mm or 2in; {_SHAPE}.")
    sign, number, unit = match.groups()
    if sign == "-" and float(number):
        raise Unplaceable(
            "position_negative",
            f"{length!r} lies off the page: coordinates count up from its lower left corner.",
        )
    return float(number) * _POINTS[unit.lower()]


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """The visible area of a page.

    `box` is in default user space, `rotate` in clockwise degrees, `user_unit` in points (1/72 inch) per unit.
    """

    box: Rectangle
    rotate: int = 0
    user_unit: float = 1.0

    @classmethod
    def of_page(
        cls,
        media_box: Sequence[float],
        crop_box: Sequence[float] | None = None,
        rotate: int = 0,
        user_unit: float = 1.0,
    ) -> "PageGeometry":
        """Read the entries of a page dictionary as viewers do (ISO 32000-1, 14.11.2.1 and table 30).

        Corners come in any order; the crop box is cut to the media box, and one that misses it is ignored;
        a rotation that is no multiple of 90 and a user unit that is not positive count as absent.
        Raises Unplaceable where no area is left.
        """
        media = _normalised(media_box)
        crop = _normalised(crop_box) if crop_box is not None else None
        box = (_intersection(media, crop) if media and crop else None) or media or crop
        if box is None:
            raise Unplaceable(
                "page_without_area", "The page has no visible area; choose another page for the signature."
            )
        usable_unit = math.isfinite(user_unit) and user_unit > 0
        return cls(box, rotate % 360 if rotate % 90 == 0 else 0, user_unit if usable_unit else 1.0)

    @property
    def displayed_size(self) -> tuple[float, float]:
        """Width and height of the page as displayed, in points of 1/72 inch."""
        x0, y0, x1, y1 = self.box
        width, height = (x1 - x0) * self.user_unit, (y1 - y0) * self.user_unit
        return (height, width) if self.rotate % 180 == 90 else (width, height)

    def to_user_space(self, rect: Rectangle) -> Rectangle:
        """Turn a rectangle on the displayed page (points) into the /Rect of an annotation (user space units).

        Raises Unplaceable where it does not lie wholly on the page; a rim of up to `TOLERANCE` is cut off.
        """
        left, bottom, right, top = self._on_page(rect)
        x0, y0, x1, y1 = self.box
        unit = self.user_unit
        left, bottom, right, top = left / unit, bottom / unit, right / unit, top / unit
        match self.rotate % 360:
            case 90:
                return x1 - top, y0 + left, x1 - bottom, y0 + right
            case 180:
                return x1 - right, y1 - top, x1 - left, y1 - bottom
            case 270:
                return x0 + bottom, y1 - right, x0 + top, y1 - left
            case _:
                return x0 + left, y0 + bottom, x0 + right, y0 + top

    def upright_matrix(self, width: float, height: float) -> Matrix:
        """The /Matrix for a form with the /BBox [0 0 width height] that is to stand upright as displayed.

        The viewer turns the page clockwise by /Rotate, so the form turns the other way; its box keeps the
        origin as lower left corner. Scaling onto /Rect is the viewer's work (ISO 32000-1, 12.5.5).
        """
        match self.rotate % 360:
            case 90:
                return 0, 1, -1, 0, height, 0
            case 180:
                return -1, 0, 0, -1, width, height
            case 270:
                return 0, -1, 1, 0, 0, width
            case _:
                return 1, 0, 0, 1, 0, 0

    def _on_page(self, rect: Rectangle) -> Rectangle:
        left, bottom, right, top = rect
        if not all(math.isfinite(number) for number in rect) or left >= right or bottom >= top:
            raise Unplaceable(
                "position_empty",
                "The rectangle has no area; give two opposite corners that differ in x and y.",
            )
        width, height = self.displayed_size
        inside = (
            left >= -TOLERANCE and bottom >= -TOLERANCE and right <= width + TOLERANCE and top <= height + TOLERANCE
        )
        left, bottom, right, top = max(left, 0.0), max(bottom, 0.0), min(right, width), min(top, height)
        if not inside or left >= right or bottom >= top:
            raise Unplaceable(
                "position_off_page",
                f"The rectangle does not lie on the page, which is {width:.0f} × {height:.0f} points as "
                "displayed; choose one inside it.",
            )
        return left, bottom, right, top


def _normalised(box: Sequence[float]) -> Rectangle | None:
    if len(box) != 4 or not all(math.isfinite(number) for number in box):
        return None
    x1, y1, x2, y2 = (float(number) for number in box)
    if x1 == x2 or y1 == y2:
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _intersection(one: Rectangle, other: Rectangle) -> Rectangle | None:
    box = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return box if box[0] < box[2] and box[1] < box[3] else None
