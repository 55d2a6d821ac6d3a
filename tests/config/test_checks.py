"""What the doctor finds: nothing where all is well, and each fault by its id, with a remedy."""

import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.config.checks import storage, surroundings, trust
from sigillo.config.checks.finding import Finding, Gravity
from sigillo.config.environment import Environment, read
from sigillo.flows.create_token import NewToken, create_token
from sigillo.identities.authority import issuing
from sigillo.identities.models import Authority
from sigillo.secrets.sealing import Keyring
from tests.support.world import House


def _ids(findings: Iterable[Finding]) -> dict[str, Gravity]:
    """Each finding's gravity by its id; sentences are held to their form on the way."""
    listed = list(findings)
    for found in listed:
        assert found.said.endswith("."), found
        assert found.remedy.endswith((".", "?", "`.")), found
    return {found.id: found.gravity for found in listed}


def _settings(home: Path, **environ: str) -> Environment:
    return read({"SIGILLO_HOME": str(home), **environ})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    Keyring.create(home / "master.key")
    return home


def test_wrong_and_unknown_settings_are_told_apart() -> None:
    environ = {"SIGILLO_WORKERS": "0", "SIGILLO_WORKER": "2", "SIGILLO_TEST_POSTGRES": "x", "HOME": "/root"}
    assert _ids(surroundings.wrong_settings(environ)) == {"wrong_setting": Gravity.MISSING}
    (found,) = surroundings.unknown_settings(environ)
    assert "SIGILLO_WORKER " in found.said
    assert "did you mean SIGILLO_WORKERS?" in found.remedy
    assert not list(surroundings.unknown_settings({"SIGILLO_HOME": "x", "SIGILLO_MASTER_KEY_FILE": "y"}))


def test_a_home_is_there_closed_and_has_its_keys(home: Path) -> None:
    settings = _settings(home)
    assert _ids(surroundings.home(settings)) == {}
    home.chmod(0o755)
    assert _ids(surroundings.home(settings)) == {"home_open": Gravity.WEAK}
    (home / "master.key").chmod(0o644)
    assert _ids(surroundings.home(settings))["keys_open"] is Gravity.MISSING
    (home / "master.key").unlink()
    assert _ids(surroundings.home(settings)) == {"no_home": Gravity.MISSING}


def test_keys_in_two_places_are_noted(home: Path) -> None:
    settings = _settings(home, SIGILLO_MASTER_KEY=(home / "master.key").read_text())
    assert _ids(surroundings.home(settings)) == {"keys_twice": Gravity.NOTE}


def test_room_on_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(home, SIGILLO_BLOBS=f"file:{home}/not/yet")
    monkeypatch.setattr(surroundings, "GIBIBYTE", 0)
    assert _ids(surroundings.disk(settings)) == {}
    monkeypatch.setattr(surroundings, "GIBIBYTE", 1 << 60)
    assert _ids(surroundings.disk(settings)) == {"disk_nearly_full": Gravity.WEAK}
    (found,) = surroundings.disk(_settings(home, SIGILLO_BLOBS="s3://documents/not/a/folder"))
    assert str(home) in found.said


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"SIGILLO_PUBLIC_URL": "http://[::1]:8000"}, {}),
        ({"SIGILLO_PUBLIC_URL": "https://sign.example.org"}, {"sandbox_in_public": Gravity.WEAK}),
        ({"SIGILLO_ENVIRONMENT": "production"}, {"no_public_url": Gravity.MISSING}),
        (
            {"SIGILLO_ENVIRONMENT": "production", "SIGILLO_PUBLIC_URL": "http://sign.example.org"},
            {"public_url_not_https": Gravity.MISSING},
        ),
        (
            {"SIGILLO_ENVIRONMENT": "production", "SIGILLO_PUBLIC_URL": "https://sign.example.org"},
            {"pki_url_not_http": Gravity.WEAK},
        ),
        (
            {
                "SIGILLO_ENVIRONMENT": "production",
                "SIGILLO_PUBLIC_URL": "https://sign.example.org",
                "SIGILLO_PKI_URL": "http://sign.example.org",
            },
            {},
        ),
    ],
)
def test_the_public_address(environ: dict[str, str], expected: dict[str, Gravity]) -> None:
    assert _ids(surroundings.public_address(read(environ), environ)) == expected


def test_an_allow_list_that_allows_everything(home: Path) -> None:
    assert _ids(surroundings.outbound(_settings(home, SIGILLO_OUTBOUND_ALLOW="10.0.0.0/8"))) == {}
    open_to_all = _settings(home, SIGILLO_OUTBOUND_ALLOW="0.0.0.0/0")
    assert _ids(surroundings.outbound(open_to_all)) == {"outbound_open": Gravity.WEAK}


def test_absent_verifiers_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert _ids(surroundings.verifiers()) == {"verifier_absent": Gravity.NOTE}


def test_running_as_root_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert _ids(surroundings.account()) == {"runs_as_root": Gravity.WEAK}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert _ids(surroundings.account()) == {}


def test_a_good_installation_has_only_notes(acme: House) -> None:
    issuing()
    checks = (storage.database, storage.jobs, trust.ready, trust.authority, trust.clock, trust.typefaces)
    found = [finding for check in checks for finding in check()]
    if connection.vendor == "sqlite":  # a server for tests may well be set to be fast rather than safe
        assert not found


def test_a_database_of_another_version(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'journal'")
    assert _ids(storage.database()) == {"database_outdated": Gravity.MISSING}


def test_a_queue_that_nobody_works_off(db: None) -> None:
    assert _ids(storage.jobs()) == {}
    OrmQ.objects.create(key="sigillo", payload="", lock=now() - timedelta(minutes=5))
    assert _ids(storage.jobs()) == {"jobs_late": Gravity.WEAK}


def test_an_installation_without_authority_is_not_ready(db: None) -> None:
    assert _ids(trust.ready()) == {"not_ready": Gravity.MISSING}


def test_certificates_of_the_authority_that_end(acme: House) -> None:
    with time_machine.travel(now() + timedelta(days=365 * 20 - 30), tick=False):
        assert _ids(trust.authority())["authority_ends"] is Gravity.WEAK
    with time_machine.travel(now() + timedelta(days=365 * 21), tick=False):
        assert _ids(trust.authority())["authority_ends"] is Gravity.MISSING


def test_a_public_address_that_changed_is_noted(acme: House) -> None:
    row = issuing()
    assert _ids(trust.authority()) == {}
    Authority.objects.filter(id=row.id).update(public_url="https://old.example.org")
    assert _ids(trust.authority()) == {"no_issuing_authority": Gravity.NOTE, "former_address": Gravity.NOTE}


def test_a_clock_that_was_set_back(acme: House, one_event: None) -> None:
    assert _ids(trust.clock()) == {}
    with time_machine.travel(now() - timedelta(days=1), tick=False):
        assert _ids(trust.clock()) == {"clock_behind": Gravity.MISSING}


@pytest.fixture
def one_event(acme: House) -> None:
    """One event in the journal, of now."""
    create_token(acme.owner.principal, NewToken(label="x"))


def test_typefaces_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _ids(trust.typefaces()) == {}
    monkeypatch.setattr(trust, "SCRIPTS", "\U0001f98a")
    assert _ids(trust.typefaces()) == {"typefaces_missing": Gravity.WEAK}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="this run is on SQLite")
def test_a_server_set_to_be_fast_rather_than_safe(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    assert "database_not_durable" in _ids(storage.database())
