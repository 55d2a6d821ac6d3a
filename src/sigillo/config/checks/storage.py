"""The database: reachable, of this version, and safe against a power cut. Needs Django."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

from django.db import DatabaseError, connection
from django_q.models import Failure, OrmQ

from sigillo.base.clock import now
from sigillo.config.checks.finding import Finding, missing, note, weak
from sigillo.config.migrations import pending

SAFE_SQLITE = (3, 51, 3)
LATE = timedelta(minutes=2)
_DURABLE = {
    "fsync": ("on", "a power cut can destroy the whole database"),
    "full_page_writes": ("on", "a power cut can leave torn pages"),
    "synchronous_commit": ("on", "a signature that was answered can be lost by a power cut"),
}
_AS_SAFE = {"synchronous_commit": ("remote_write", "remote_apply", "local")}


def database() -> Iterator[Finding]:
    """Reachable and of this version; where it is, whether it keeps what it is given."""
    try:
        lacking = pending()
    except DatabaseError as error:
        yield missing(
            "database_unreachable",
            f"The database does not answer ({' '.join(str(error).split())}).",
            "Check that it runs, and DATABASE_URL.",
        )
        return
    if lacking:
        yield missing(
            "database_outdated",
            f"The database lacks {len(lacking)} changes of this version.",
            "Make a backup, then run `sigillo migrate`.",
        )
        return
    yield from _sqlite() if connection.vendor == "sqlite" else _postgresql()


def _sqlite() -> Iterator[Finding]:
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        yield weak(
            "sqlite_old",
            f"SQLite {sqlite3.sqlite_version} can corrupt a database that several processes write to.",
            "Install pysqlite3 of requirements.lock, which brings a newer one.",
        )


def _postgresql() -> Iterator[Finding]:
    for name, (wanted, consequence) in _DURABLE.items():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting(%s)", [name])
            value = cursor.fetchone()[0]
        if value != wanted and value not in _AS_SAFE.get(name, ()):
            yield weak(
                "database_not_durable",
                f"PostgreSQL runs with {name} = {value}: {consequence}.",
                f"Set {name} = {wanted} in postgresql.conf and reload it.",
            )


def jobs() -> Iterator[Finding]:
    """Whether the queue is worked off."""
    late = OrmQ.objects.filter(lock__lt=now() - LATE).count()
    if late:
        yield weak(
            "jobs_late",
            f"{late} jobs wait longer than {LATE.seconds // 60} minutes.",
            "Start a worker: `sigillo serve`, or `sigillo worker`; if one runs, give it more SIGILLO_WORKERS.",
        )
    failed = Failure.objects.filter(stopped__gt=now() - timedelta(days=1)).count()
    if failed:
        yield note(
            "jobs_failed",
            f"{failed} jobs failed within a day; each was tried again.",
            "The log has the cause under the event `job failed`.",
        )
