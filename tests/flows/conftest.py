"""What flows need around them: an allow list that tests may open."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sigillo.installation import outbound


@pytest.fixture
def loopback_open(settings: Settings) -> Iterator[None]:
    """The operator opened 127.0.0.1, so that a test's own server can be fetched from."""
    settings.SIGILLO_OUTBOUND_ALLOW = ("127.0.0.1",)
    outbound.cache_clear()
    yield
    outbound.cache_clear()
