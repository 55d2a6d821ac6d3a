"""`sigillo init`: a home whole or not at all."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.cli.serving import environ, sigillo
from tests.support.s3_server import READER, S3Server

INIT = ("init", "--organization", "acme", "--owner", "jdo")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was made once, by name."""
    home = tmp_path_factory.mktemp("init") / "a home"
    answer = sigillo(*INIT, home=home)
    assert answer.returncode == 0, answer.stderr
    told = dict(line.split(None, 1) for line in answer.stdout.splitlines()[:4])
    assert told["organization"] == "acme"
    assert told["owner"] == "jdo"
    assert len(told["token"]) == 32
    return home


def test_the_home_is_closed_and_its_keys_are_not_in_the_database(home: Path) -> None:
    assert {entry.name for entry in home.iterdir()} == {"master.key", "root.crt", "sigillo.sqlite3"}
    assert [entry.name for entry in (home, *home.iterdir()) if entry.stat().st_mode & 0o077] == []
    key = (home / "master.key").read_text().strip().partition(":")[2]
    assert key.encode() not in (home / "sigillo.sqlite3").read_bytes()


def test_an_existing_home_is_refused_and_kept(home: Path) -> None:
    before = {entry.name: entry.read_bytes() for entry in home.iterdir()}
    answer = sigillo(*INIT, home=home)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--existing" in answer.stderr
    assert {entry.name: entry.read_bytes() for entry in home.iterdir()} == before


def test_an_organization_is_added_when_one_says_so(home: Path) -> None:
    more = ("init", "--organization", "bravo", "--owner", "anna", "--existing", "--json")
    answer = sigillo(*more, home=home)
    assert answer.returncode == 0, answer.stderr
    made = json.loads(answer.stdout)
    assert (made["organization"], made["owner"], len(made["token"])) == ("bravo", "anna", 32)
    again = sigillo(*more, home=home)
    assert (again.returncode, again.stdout) == (2, "")
    assert "bravo" in again.stderr


@pytest.mark.parametrize("exists", [False, True])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, exists: bool) -> None:
    home = tmp_path / "home"
    if exists:  # a volume that is mounted, say
        home.mkdir()
    answer = sigillo("init", "--organization", "Not A Slug", "--owner", "jdo", home=home)
    assert answer.returncode == 2
    assert "lowercase" in answer.stderr
    assert home.exists() == exists
    assert not exists or not list(home.iterdir())


def test_a_home_is_needed_before_anything_is_served(tmp_path: Path) -> None:
    for command in ("serve", "web", "worker", "migrate"):
        arguments = ["--bind", "127.0.0.1:0"] if command in {"serve", "web"} else []
        answer = sigillo(command, *arguments, home=tmp_path / "none")
        assert answer.returncode == 2, command
        assert "sigillo init" in answer.stderr
        assert "Traceback" not in answer.stderr
    assert not (tmp_path / "none").exists()


def test_wrong_settings_are_named_before_anything_happens(tmp_path: Path) -> None:
    for command in (INIT, ("serve",), ("worker",)):
        answer = sigillo(*command, home=tmp_path / "none", SIGILLO_WORKERS="0", SIGILLO_ENVIRONMENT="x")
        assert answer.returncode == 2, command
        lines = answer.stderr.splitlines()
        assert [line.split(": ")[1] for line in lines] == ["SIGILLO_ENVIRONMENT", "SIGILLO_WORKERS"]
    assert not (tmp_path / "none").exists()


def test_a_database_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    answer = sigillo(*INIT, home=tmp_path / "home", DATABASE_URL="postgresql://u:sekret@127.0.0.1:1/db")
    assert answer.returncode == 2
    assert "DATABASE_URL" in answer.stderr
    assert "sekret" not in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "home").exists()


def test_two_at_once_make_one_with_nothing_of_another(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".building").mkdir(parents=True)  # as one that was interrupted leaves it
    (other / ".building" / "master.key").write_text("half")
    command = [sys.executable, "-m", "sigillo.cli", *INIT]
    running = [
        subprocess.Popen(command, env=environ(other), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    for process in running:
        process.communicate(timeout=60)
    assert sorted(process.returncode for process in running) == [0, 2]
    assert {entry.name for entry in other.iterdir()} == {"master.key", "root.crt", "sigillo.sqlite3"}
    for name in ("master.key", "root.crt"):
        assert (home / name).read_bytes() != (other / name).read_bytes()


def test_a_database_that_is_behind_stops_web_and_worker_until_it_is_migrated(home: Path, tmp_path: Path) -> None:
    behind = tmp_path / "behind"
    shutil.copytree(home, behind)
    with closing(sqlite3.connect(behind / "sigillo.sqlite3")) as opened:
        opened.execute("DELETE FROM django_migrations WHERE app = 'django_q' AND name LIKE '0019%'")
        opened.commit()
    for command in (("worker",), ("web", "--bind", "127.0.0.1:0")):
        answer = sigillo(*command, home=behind)
        assert answer.returncode == 2
        assert "sigillo migrate" in answer.stderr
    answer = sigillo("migrate", home=behind)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("applied django_q.0019_")
    assert len(answer.stdout.splitlines()) == 1
    assert "of this version already" in sigillo("migrate", home=behind).stdout


def test_doctor_tries_the_bucket_with_the_keys_of_the_settings(home: Path, s3_server: S3Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(READER.secret_key)
    keys = {"SIGILLO_S3_ACCESS_KEY": READER.access_key, "SIGILLO_S3_SECRET_KEY_FILE": str(secret)}
    answer = sigillo("doctor", "--json", home=home, SIGILLO_BLOBS=s3_server.location("doctor"), **keys)
    found = {one["id"]: one["said"] for one in json.loads(answer.stdout)["findings"]}
    assert answer.returncode == 1, answer.stderr
    assert "refuses PutObject (AccessDenied)" in found["bucket_unusable"]
    assert READER.secret_key not in answer.stdout + answer.stderr


@pytest.fixture
def empty_database(db: None) -> Iterator[str]:
    """The address of a fresh database on the PostgreSQL server of this run."""
    if connection.vendor != "postgresql":
        pytest.skip("this run is on SQLite")
    settings = connection.settings_dict
    name = f"{settings['NAME']}_init"
    server = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT'] or 5432}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as administrator:
        administrator.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server}/{name}"
        finally:
            administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_it_works_on_postgresql_and_takes_no_second_home_for_one_database(empty_database: str, tmp_path: Path) -> None:
    first = sigillo(*INIT, "--json", home=tmp_path / "first", DATABASE_URL=empty_database)
    assert first.returncode == 0, first.stderr
    assert {entry.name for entry in (tmp_path / "first").iterdir()} == {"master.key", "root.crt"}
    second = sigillo(*INIT, home=tmp_path / "second", DATABASE_URL=empty_database)
    assert second.returncode == 2
    assert "holds an installation already" in second.stderr
    assert not (tmp_path / "second").exists()
    assert sigillo("doctor", home=tmp_path / "first", DATABASE_URL=empty_database).returncode == 0
