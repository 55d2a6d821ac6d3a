"""The style of all pages: read by everybody in light and dark (WCAG 2.2, 1.4.3 and 1.4.11), touched by every finger."""

import re

import pytest
from django.test import Client

READ = (
    *(("ink", "paper"), ("ink", "wash"), ("faint", "paper"), ("faint", "wash"), ("accent", "paper")),
    *(("on-accent", "accent"), ("wrong", "paper"), ("wrong", "wash"), ("good", "paper")),
)
"""Texts and what they stand on."""


def _style() -> str:
    return Client().get("/assets/pages.css").content.decode()


def _colours(scheme: int) -> dict[str, str]:
    """The light colours, which come first, or the dark ones."""
    block = re.findall(r":root \{(.*?)\}", _style(), re.DOTALL)[scheme]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", block))


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out(scheme: int) -> None:
    colours = _colours(scheme)
    found = {pair: _contrast(*(colours[name] for name in pair)) for pair in READ}
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}
    assert _contrast(colours["faint"], colours["paper"]) >= 3  # the frame of a field


def test_every_target_is_large_enough() -> None:
    for selector in ("button", "input:not([type=hidden])"):
        rule = re.search(rf"^{re.escape(selector)} \{{(.*?)\}}", _style(), re.DOTALL | re.MULTILINE)
        assert rule
        height = re.search(r"min-block-size: ([0-9.]+)rem", rule[1])
        assert height
        assert float(height[1]) * 16 >= 44


def test_the_focus_is_seen() -> None:
    assert re.search(r":focus-visible \{ outline: 3px solid var\(--accent\)", _style())
