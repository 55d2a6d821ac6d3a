"""Bidirectional order, against the Unicode implementation that python-bidi carries beside the one we use."""

import random
from typing import NamedTuple

import pytest
from bidi import get_display

from sigillo.engine.stamp.directions import embedding_levels, visual_order


class Letter(NamedTuple):
    level: int
    sign: str


def displayed(text: str) -> str:
    _, levels = embedding_levels(text)
    letters = [Letter(level, sign) for level, sign in zip(levels, text, strict=True)]
    return "".join(letter.sign for letter in visual_order(letters))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Signed by Anna", "Signed by Anna"),
        ("שלום", "םולש"),
        ("abc שלום 12", "abc 12 םולש"),
        ("(CEO) דוד", "(CEO) " + "דוד"[::-1]),
        ("דוד (CEO) 12", "12 )CEO( " + "דוד"[::-1]),  # HarfBuzz mirrors the brackets when it shapes them
    ],
)
def test_known_orders(text: str, expected: str) -> None:
    assert displayed(text) == expected


def test_agrees_with_an_independent_implementation() -> None:
    chance = random.Random(9)
    alphabet = "abאבגعبم12٣()[]{} -/.:+,"
    for _ in range(4000):
        text = "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 20))).strip()
        if text:
            base, _ = embedding_levels(text)
            assert displayed(text) == get_display(text, base_dir="LR"[base]), text


def test_joiners_take_the_level_of_the_letter_before_them() -> None:
    assert embedding_levels("می\u200cخواهم a") == (1, (1, 1, 1, 1, 1, 1, 1, 1, 1, 2))
