"""docs/settings.md and the code say the same."""

import re
from pathlib import Path

from sigillo.config.environment import NAMES, SECRETS

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
ROWS = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.*?) \|", PAGE, re.MULTILINE))


def test_every_setting_has_its_row_and_every_row_its_setting() -> None:
    assert set(ROWS) == set(NAMES)


def test_the_page_says_which_settings_may_stand_in_a_file() -> None:
    for name in SECRETS:
        assert f"`{name}_FILE`" in PAGE
