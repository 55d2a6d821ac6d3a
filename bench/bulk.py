"""Many rows at once: without Django's objects, and with the indexes of the lists made after the rows."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import JSONField, Model

Values = tuple[Any, ...]
"""Of one row, in the form that both databases read: ids as hex digits, moments as text in UTC."""


def without_list_indexes(models: Sequence[type[Model]], fill: Callable[[], None]) -> None:
    """Fill tables while the indexes of their lists are away, and leave the database as it is used."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # for this connection alone, which is closed at the end
            cursor.execute("PRAGMA cache_size = -1000000")
            cursor.execute("PRAGMA synchronous = OFF")
    for model in models:
        with connection.schema_editor() as editor:
            for index in model._meta.indexes:
                editor.remove_index(model, index)
    fill()
    for model in models:
        said = progress(f"indexes of {model.__name__}")
        with connection.schema_editor() as editor:
            for index in model._meta.indexes:
                editor.add_index(model, index)
        said()
    connection.close()


def load(model: type[Model], given: str, rows: Iterable[Values]) -> None:
    """Add rows of which these fields are given, in this order; the others get their defaults."""
    names = given.split()
    fields = {field.name: field for field in model._meta.concrete_fields}
    rest = [field for name, field in fields.items() if name not in names]
    constants = tuple(
        json.dumps(field.get_default()) if isinstance(field, JSONField) else field.get_default() for field in rest
    )
    columns = [fields[name].column for name in names] + [field.column for field in rest]
    said = progress(f"rows of {model.__name__}")
    (_copy if connection.vendor == "postgresql" else _insert)(
        model._meta.db_table, [str(column) for column in columns], (row + constants for row in rows)
    )
    said()


def _copy(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    named = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # keys are right: they are not looked up
        with cursor.copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


def _insert(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    named, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
    with transaction.atomic(), connection.cursor() as cursor:
        # Past Django's cursor, which rewrites each statement.
        connection.connection.executemany(f'INSERT INTO "{table}" ({named}) VALUES ({places})', rows)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = ON")


def progress(what: str) -> Callable[[], None]:
    """Say what is begun; call the result when it is done."""
    began = time.monotonic()
    print(f"  {connection.vendor}: {what} …", end="", file=sys.stderr, flush=True)
    return lambda: print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
