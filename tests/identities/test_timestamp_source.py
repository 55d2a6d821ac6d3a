"""Where time-stamps come from: the first authority that gives one that holds, and nobody for what none gives."""

import base64
import logging
from collections.abc import Iterator
from hashlib import sha256

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.base.errors import Unavailable
from sigillo.identities import timestamp_source as source
from sigillo.identities.timestamp_services import TimestampService
from sigillo.identities.timestamp_source import FIRST_ROOM, MEMORY, SPARE, has_source, timestamp_source
from sigillo.identities.timestamping import trust_root
from sigillo.pki.tsa import Imprint, read_request
from tests.support.stamping import POLICY
from tests.support.tsa_server import FAULTS, TsaServer, stamping_root, tsa_server, unit
from tests.support.world import House

DIGEST = sha256(b"a signature value").digest()
CLOSED = TimestampService("http://127.0.0.1:1/tsr", seconds=0.3)

pytestmark = pytest.mark.usefixtures("loopback_open", "no_memory")


@pytest.fixture
def tsa() -> Iterator[TsaServer]:
    with tsa_server() as server:
        yield server


@pytest.fixture
def production(settings: Settings, tsa: TsaServer) -> None:
    """An installation whose only authority is `tsa`."""
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_TSA = (tsa.service,)


@pytest.mark.usefixtures("production")
def test_the_operators_authority_is_asked_with_a_fresh_nonce(tsa: TsaServer) -> None:
    for _ in range(2):
        asking = timestamp_source()
        token = asking.stamp(DIGEST)
        assert asking.token is not None
        assert (asking.token.der, asking.token.certificate) == (token, unit().certificate)
    one, other = (read_request(request, POLICY) for request in tsa.asked)
    assert one.imprint == other.imprint == Imprint("sha256", DIGEST)
    assert (one.certificates, one.policy, one.nonce == other.nonce) == (True, None, False)
    assert one.nonce is not None
    assert tsa.logins == [None, None]


def test_a_login_is_sent_and_never_told(tsa: TsaServer, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_TSA = (TimestampService(tsa.url, "acme", "s3cret:ß", seconds=0.3),)
    assert timestamp_source().stamp(DIGEST)
    assert tsa.logins == [f"Basic {base64.b64encode('acme:s3cret:ß'.encode()).decode()}"]
    tsa.behave = FAULTS["forbidden"]
    with pytest.raises(Unavailable) as fault:
        timestamp_source().stamp(DIGEST)
    assert "s3cret" not in fault.value.message + caplog.text + repr(settings.SIGILLO_TSA)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_to_the_operator_and_over_when_it_is_over(
    tsa: TsaServer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert timestamp_source().stamp(DIGEST)
    tsa.behave = FAULTS[fault]
    with pytest.raises(Unavailable, match="nothing was signed") as told:
        timestamp_source().stamp(DIGEST)
    assert told.value.code == "timestamp_unavailable"
    (line,) = caplog.messages
    assert line.startswith("no time-stamp from 127.0.0.1:")
    assert "127.0.0.1" not in told.value.message
    tsa.behave = TsaServer().behave
    assert timestamp_source().stamp(DIGEST)


@pytest.mark.parametrize("fault", ["slow", "html", "wrong nonce"])
def test_the_next_is_asked_and_the_one_that_failed_comes_last_for_a_while(
    tsa: TsaServer, settings: Settings, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    with tsa_server() as second:
        settings.SIGILLO_TSA = (tsa.service, CLOSED, second.service)
        tsa.behave = FAULTS[fault]
        assert timestamp_source().stamp(DIGEST)
        assert (len(tsa.asked), len(second.asked)) == (1, 1)
        tsa.behave = TsaServer().behave
        assert timestamp_source().stamp(DIGEST)
        assert (len(tsa.asked), len(second.asked)) == (1, 2)
        monkeypatch.setattr(source, "REST_SECONDS", 0.0)
        assert timestamp_source().stamp(DIGEST)
        assert (len(tsa.asked), len(second.asked)) == (2, 2)


def test_in_a_sandbox_its_own_authority_is_the_last(acme: House, tsa: TsaServer, settings: Settings) -> None:
    settings.SIGILLO_TSA = (tsa.service,)
    asking = timestamp_source()
    asking.stamp(DIGEST)
    assert asking.token is not None
    assert asking.token.certificate == unit().certificate
    tsa.behave = FAULTS["error"]
    asking.stamp(DIGEST)
    assert asking.token.at <= now()
    assert asking.token.certificate != unit().certificate
    settings.SIGILLO_TSA = ()
    assert timestamp_source().stamp(DIGEST)
    assert trust_root()


def test_in_production_there_is_none_unless_it_is_named(settings: Settings) -> None:
    assert has_source()
    settings.SIGILLO_ENVIRONMENT = "production"
    assert not has_source()
    with pytest.raises(Unavailable, match="SIGILLO_TSA_URLS") as fault:
        timestamp_source()
    assert fault.value.code == "no_timestamp_authority"
    settings.SIGILLO_TSA = (CLOSED,)
    assert has_source()


@pytest.mark.usefixtures("production")
def test_the_authority_must_lead_to_a_root_where_roots_are_named(settings: Settings, acme: House) -> None:
    settings.SIGILLO_TSA_ROOTS = (stamping_root().certificate,)
    assert timestamp_source().stamp(DIGEST)
    settings.SIGILLO_TSA_ROOTS = (trust_root(),)
    with pytest.raises(Unavailable):
        timestamp_source().stamp(DIGEST)


@pytest.mark.usefixtures("production")
def test_the_room_is_learned_from_what_came(tsa: TsaServer, settings: Settings) -> None:
    assert timestamp_source().room == FIRST_ROOM
    token = timestamp_source().stamp(DIGEST)
    assert timestamp_source().room == len(token) + SPARE < FIRST_ROOM
    settings.SIGILLO_TSA = (tsa.service, CLOSED)
    assert timestamp_source().room == FIRST_ROOM  # of the other nothing is known yet
    MEMORY.largest[CLOSED.name] = 20_000
    assert timestamp_source().room == 20_000 + SPARE


def test_an_address_that_is_not_open_is_not_called(
    tsa: TsaServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_TSA = (TimestampService("http://10.0.0.1/tsr", seconds=0.3),)
    with caplog.at_level(logging.WARNING), pytest.raises(Unavailable):
        timestamp_source().stamp(DIGEST)
    assert "SIGILLO_OUTBOUND_ALLOW" in caplog.text
    assert tsa.asked == []
