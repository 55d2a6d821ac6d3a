"""The contract's position text, and the way from the page as displayed to default user space."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigillo.engine.errors import Unplaceable
from sigillo.engine.position import PageGeometry, parse_position
from sigillo.engine.types import Rectangle

A4 = (0.0, 0.0, 595.0, 842.0)


@pytest.mark.parametrize(
    ("text", "rect"),
    [
        ("rect: 50, 100, 200, 150", (50, 100, 200, 150)),
        ("rect:50,100,200,150", (50, 100, 200, 150)),
        ("  RECT :\t50pt , 100 PT,200Pt,150pt ", (50, 100, 200, 150)),
        ("rect: 25.4mm, 1in, 2IN, 50.8 MM", (72, 72, 144, 144)),
        ("rect: 200, 150, 50, 100", (50, 100, 200, 150)),
        ("rect: 0, 0, .5, 1.", (0, 0, 0.5, 1)),
        ("rect: -0, +0, 1, 1", (0, 0, 1, 1)),
    ],
)
def test_reads_every_way_to_write_a_rectangle(text: str, rect: Rectangle) -> None:
    assert parse_position(text) == pytest.approx(rect)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "position_malformed"),
        ("50, 100, 200, 150", "position_malformed"),
        ("circle: 50, 100, 200, 150", "position_malformed"),
        ("rect: 50, 100, 200", "position_malformed"),
        ("rect: 50, 100, 200, 150, 9", "position_malformed"),
        ("rect: 50, 100, 200, ", "position_malformed"),
        ("rect: 50, 100, 200, 150cm", "position_malformed"),
        ("rect: 50, 100, 200, nan", "position_malformed"),
        ("rect: 50, 100, inf, 150", "position_malformed"),
        ("rect: 5e1, 100, 200, 150", "position_malformed"),
        ("rect: ٥٠, 100, 200, 150", "position_malformed"),
        ("rect: 50, 100, 200, --150", "position_malformed"),
        ("rect: 50, 100, 200, 1" + "0" * 20, "position_malformed"),
        ("rect: -1mm, 100, 200, 150", "position_negative"),
        ("rect: 50, 100, 50, 150", "position_empty"),
        ("rect: 50, 100, 200, 100", "position_empty"),
        ("rect: 1in, 100, 72, 150", "position_empty"),
        ("rect: 50, 100, 200, 150" + " " * 200, "position_too_long"),
    ],
)
def test_names_what_is_wrong_with_a_position(text: str, code: str) -> None:
    with pytest.raises(Unplaceable) as refusal:
        parse_position(text)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


@given(st.text(alphabet="rect: 0123456789.,+-ptminPTMIN", max_size=250))
def test_gives_a_rectangle_or_a_named_refusal(text: str) -> None:
    try:
        x0, y0, x1, y1 = parse_position(text)
    except Unplaceable:
        return
    assert 0 <= x0 < x1 < math.inf
    assert 0 <= y0 < y1 < math.inf


def test_hostile_text_costs_no_time() -> None:
    started = time.perf_counter()
    for text in ("rect: " + "1" * 10_000_000, "rect: 1" + " " * 180 + "x,2,3,4", ",".join("1" * 90)):
        with pytest.raises(Unplaceable):
            parse_position(text)
    assert time.perf_counter() - started < 0.5


# On a page of 200 × 100 units whose box begins at (10, 20): the rectangle 30 from the left and 5 from the bottom
# of what the reader sees, 40 wide and 8 high.
@pytest.mark.parametrize(
    ("rotate", "expected"),
    [
        (0, (40, 25, 80, 33)),
        (90, (197, 50, 205, 90)),
        (180, (140, 107, 180, 115)),
        (270, (15, 50, 23, 90)),
        (-90, (15, 50, 23, 90)),
        (450, (197, 50, 205, 90)),
        (-720, (40, 25, 80, 33)),
    ],
)
def test_turns_with_the_page(rotate: int, expected: Rectangle) -> None:
    page = PageGeometry.of_page([210, 120, 10, 20], rotate=rotate)
    assert page.to_user_space((30, 5, 70, 13)) == pytest.approx(expected)
    assert page.displayed_size == ((100, 200) if rotate % 180 else (200, 100))


def test_points_are_real_points_whatever_the_user_unit() -> None:
    page = PageGeometry.of_page([0, 0, 100, 50], user_unit=10)
    assert page.displayed_size == (1000, 500)
    assert page.to_user_space((100, 200, 300, 250)) == pytest.approx((10, 20, 30, 25))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "rect",
    [
        (-1, 0, 50, 50),
        (0, -1, 50, 50),
        (500, 700, 900, 900),
        (900, 900, 950, 950),
        (0, 0, math.nan, 10),
        (0, 0, math.inf, 10),
        (10, 10, 10, 20),
        (20, 10, 10, 20),
    ],
)
def test_refuses_what_is_not_on_the_page(rotate: int, rect: Rectangle) -> None:
    with pytest.raises(Unplaceable):
        PageGeometry(A4, rotate).to_user_space(rect)


def test_forgives_a_rounded_page_size() -> None:
    page = PageGeometry((0, 0, 594.6, 841.6))
    assert page.to_user_space((0, 0, 595, 842)) == (0, 0, 594.6, 841.6)


@pytest.mark.parametrize(
    ("media", "crop", "box"),
    [
        ([0, 0, 100, 100], None, (0, 0, 100, 100)),
        ([0, 0, 100, 100], [10, 10, 200, 50], (10, 10, 100, 50)),
        ([0, 0, 100, 100], [200, 200, 300, 300], (0, 0, 100, 100)),
        ([0, 0, 100, 100], [5, 5, 5, 5], (0, 0, 100, 100)),
        ([100, 100, 0, 0], [50, 60, 10, 20], (10, 20, 50, 60)),
    ],
)
def test_the_visible_area_is_what_viewers_take(media: list[float], crop: list[float] | None, box: Rectangle) -> None:
    assert PageGeometry.of_page(media, crop).box == box


def test_a_page_without_area_takes_no_signature() -> None:
    with pytest.raises(Unplaceable) as refusal:
        PageGeometry.of_page([0, 0, 0, 100])
    assert refusal.value.code == "page_without_area"


def test_values_that_viewers_ignore_are_ignored() -> None:
    page = PageGeometry.of_page([0, 0, 10, 20], None, rotate=45, user_unit=math.nan)
    assert (page.rotate, page.user_unit) == (0, 1.0)


@given(
    rotate=st.sampled_from([0, 90, 180, 270]),
    width=st.floats(1, 500),
    height=st.floats(1, 500),
)
def test_the_matrix_keeps_the_box_at_the_origin(rotate: int, width: float, height: float) -> None:
    a, b, c, d, e, f = PageGeometry(A4, rotate).upright_matrix(width, height)
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (0, width) for y in (0, height)]
    wide, high = (height, width) if rotate % 180 else (width, height)
    assert sorted(corners) == sorted([(0, 0), (wide, 0), (0, high), (wide, high)])
