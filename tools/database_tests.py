"""A plugin for pytest that keeps the tests which touch the database, by mark or by fixture, and no others."""

import pytest

_FIXTURES = {"db", "transactional_db"}
_ALIKE = (
    "tests/api/test_mass_assignment.py",
    "tests/api/test_reading.py",
    "tests/api/test_samples.py",
    "tests/api/test_users.py",
    "tests/config",
    "tests/flows/test_damaged_store.py",
    "tests/flows/test_s3.py",
)
"""Where the database only sets the scene: bodies are refused before it, and damage lies on the disk or in a bucket."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what would do the same on every database."""
    kept = [item for item in items if _touches_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _touches_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    if item.nodeid.startswith(_ALIKE):
        return False
    return bool(fixtures & _FIXTURES) or item.get_closest_marker("django_db") is not None
