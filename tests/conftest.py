"""What tests of several floors ask for: two organizations with their people, an S3 server, what an operator opens."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from sigillo.identities.timestamp_source import MEMORY
from sigillo.installation import outbound
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


@pytest.fixture
def loopback_open(settings: Settings) -> Iterator[None]:
    """The operator opened 127.0.0.1, so that a test's own server can be fetched from."""
    settings.SIGILLO_OUTBOUND_ALLOW = ("127.0.0.1",)
    outbound.cache_clear()
    yield
    outbound.cache_clear()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One server for the whole process; each test has a prefix of its own in its bucket."""
    with running_s3() as server:
        yield server


@pytest.fixture
def no_memory() -> Iterator[None]:
    """Of time-stamping authorities nothing is known, before and after."""
    for known in (MEMORY.largest, MEMORY.failed):
        known.clear()
    yield
    for known in (MEMORY.largest, MEMORY.failed):
        known.clear()
