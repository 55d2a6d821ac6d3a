"""The database as it is really opened."""

import sqlite3
from threading import Thread

import pytest
from django.db import connection, connections
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.config.checks.storage import SAFE_SQLITE
from sigillo.config.database import database
from sigillo.config.migrations import apply, pending

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="this run is on PostgreSQL")


def test_urls_are_read_with_their_escapes() -> None:
    entry = database("postgresql://us%40er:p%3Aw@db.example.org:5433/na%2Fme?sslmode=require")
    assert entry["USER"] == "us@er"
    assert entry["PASSWORD"] == "p:w"
    assert entry["NAME"] == "na/me"
    assert entry["PORT"] == "5433"
    assert entry["OPTIONS"] == {"sslmode": "require"}
    assert database("sqlite:////tmp/a%20b.sqlite3")["NAME"] == "/tmp/a b.sqlite3"


@on_sqlite
def test_sqlite_is_a_safe_version() -> None:
    assert sqlite3.sqlite_version_info >= SAFE_SQLITE


@on_sqlite
def test_sqlite_is_opened_for_several_writers_and_power_cuts(db: None) -> None:
    with connection.cursor() as cursor:
        read = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert read == {"journal_mode": "wal", "synchronous": 2}


def test_eight_writers_at_once_wait_for_each_other(transactional_db: None) -> None:
    failures: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(20):
                OrmQ.objects.create(key="nobody", payload="", lock=now())
        except Exception as error:  # noqa: BLE001 - a thread has no other way to tell the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert OrmQ.objects.filter(key="nobody").count() == 160


def test_a_database_of_this_version_lacks_nothing(db: None) -> None:
    assert pending() == []
    assert apply() == []
