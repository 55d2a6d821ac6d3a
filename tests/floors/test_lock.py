"""The lock: the names of pyproject.toml, each with hashes, from nowhere in particular, under licences we can meet."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PINS = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))? \\$", LOCK, re.MULTILINE)
UNSTATED = {"pysqlite3": "zlib"}
"""Licences that a package has in a file and not in its metadata."""


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {*project["dependencies"], *project["optional-dependencies"]["dev"]}


def test_the_lock_is_made_from_what_the_project_names() -> None:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    asked = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    assert asked == _declared()


def test_every_name_is_pinned_within_its_bounds() -> None:
    pins = {canonicalize_name(name): version for name, version, _ in PINS}
    for text in _declared():
        requirement = Requirement(text)
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), text


def test_every_pin_has_hashes_and_no_host() -> None:
    blocks = re.split(r"^(?=[a-z])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(PINS)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK
    assert "@" not in LOCK
    assert "--index" not in LOCK


@pytest.mark.parametrize(("name", "marker"), [(name, marker) for name, _, marker in PINS])
def test_no_licence_binds_those_who_run_us(name: str, marker: str) -> None:
    if marker and not Marker(marker.strip()).evaluate():
        pytest.skip(f"not installed on this platform: {marker}")
    metadata = distribution(name).metadata
    said = " ".join(
        [
            UNSTATED.get(name, ""),
            *(metadata.get_all("License-Expression") or ()),
            *(text[:200] for text in metadata.get_all("License") or ()),
            *(text for text in metadata.get_all("Classifier") or () if text.startswith("License ::")),
        ]
    )
    assert said.strip(), f"{name} names no licence"
    assert not re.search(r"Affero|AGPL|\bGPL(?!.*exception)", said.replace("LGPL", "")), f"{name}: {said}"
