"""The database's version against this program's."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_ADVISORY_LOCK = 0x53494749  # "SIGI": one key for all of this program's migrations on a PostgreSQL server


def pending() -> list[str]:
    """The migrations that the database lacks, `app.name` each, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def apply() -> list[str]:
    """Apply what is pending, and say what it was. Of several processes who try at once one does it, the others wait."""
    with _alone():
        missing = pending()
        if missing:
            call_command("migrate", interactive=False, verbosity=0)
        return missing


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the home's lock, and the database server's where there is one: other machines may share it."""
    settings.SIGILLO_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(settings.SIGILLO_HOME, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
    finally:
        os.close(descriptor)
