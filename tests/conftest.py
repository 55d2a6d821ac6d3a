"""Two organizations with their people, for every test that touches rows, and an S3 server for those that ask."""

from collections.abc import Iterator

import pytest

from tests.support.s3_server import S3Server, running_s3
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


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One server for the whole process; each test has a prefix of its own in its bucket."""
    with running_s3() as server:
        yield server
