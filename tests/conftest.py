"""Two organizations with their people, for every test that touches rows."""

import pytest

from tests.support.world import House, make_house, make_root


@pytest.fixture
def acme(db: None) -> House:
    """The organization of the one who acts."""
    make_root()
    return make_house("acme")


@pytest.fixture
def bravo(db: None) -> House:
    """The other organization: whoever belongs to it must find nothing of the first."""
    make_root()
    return make_house("bravo")
