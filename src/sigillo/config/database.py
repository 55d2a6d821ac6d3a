"""A database URL, turned into what Django asks for; SQLite is set up for several writers (decisions/0007)."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def use_current_sqlite() -> None:
    """Put a current SQLite in place of the system's before Django imports it.

    Debian 12 ships 3.40, whose WAL-reset bug can corrupt exactly the set-up that we run (WAL, several writers).
    """
    import sys

    import pysqlite3

    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for `sqlite:////path` or `postgresql://user:password@host:port/name?options`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path.removeprefix("/")))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": f"{path}.test"},
    }
