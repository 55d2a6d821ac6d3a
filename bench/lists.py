"""The price of a page of a list among 1,000 rows and among 1,000,000, on SQLite and on PostgreSQL.

    [SIGILLO_BENCH_ROWS=1000000] .venv/bin/python -m bench.lists [--only sqlite|postgresql]

Requests go through the whole of the view, with its authorization, in this process; those of both sizes alternate, and
medians are shown. The databases are made for it and dropped afterwards. PostgreSQL is measured where a server answers
on 127.0.0.1:5432, or where SIGILLO_TEST_POSTGRES says.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from sigillo.secrets.sealing import Keyring

SMALL = 1_000
POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
BYTES_A_ROW = 8_000


@contextmanager
def sqlite(folder: Path, sizes: list[int]) -> Iterator[list[str] | None]:
    """The addresses of databases that are in the folder; None where they find no room."""
    needed, free = sum(sizes) * BYTES_A_ROW, shutil.disk_usage(folder).free
    if needed > free:
        print(f"SQLite is not measured: {folder} has {free >> 20:,} MB free, and {needed >> 20:,} are needed.")
        print("Set TMPDIR to a larger place, or SIGILLO_BENCH_ROWS to fewer rows.")
        yield None
        return
    yield [f"sqlite:///{folder}/{size}.sqlite3" for size in sizes]


@contextmanager
def postgresql(_folder: Path, sizes: list[int]) -> Iterator[list[str] | None]:
    """The addresses of new databases on the server; None where none answers."""
    url = os.environ.get("SIGILLO_TEST_POSTGRES", POSTGRES)
    try:
        server = psycopg.connect(url, connect_timeout=3, autocommit=True)
    except psycopg.Error as error:
        print(f"PostgreSQL is not measured: no server answers ({' '.join(str(error).split())[:150]}).")
        yield None
        return
    names = [f"sigillo_bench_{os.getpid()}_{size}" for size in sizes]
    with server:
        try:
            for name in names:
                server.execute(f'CREATE DATABASE "{name}"')
            yield [urlsplit(url)._replace(path=f"/{name}").geturl() for name in names]
        finally:
            for name in names:
                server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    rows = int(os.environ.get("SIGILLO_BENCH_ROWS", "1000000"))
    status = 0
    for name, databases in (("sqlite", sqlite), ("postgresql", postgresql)):
        if asked.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as folder, databases(Path(folder), [SMALL, rows]) as urls:
            if urls:
                status |= measured(Path(folder), urls, rows)
    return status


def measured(home: Path, urls: list[str], rows: int) -> int:
    """Measure in a process of its own: the settings are read once, and name one database."""
    Keyring.create(home / "master.key")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SIGILLO_")}
    environ |= {"SIGILLO_HOME": str(home), "SIGILLO_LOG_LEVEL": "ERROR", "DATABASE_URL": urls[0]}
    command = [sys.executable, "-m", "bench.list_requests", *urls, str(SMALL), str(rows)]
    return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
