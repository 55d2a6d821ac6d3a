"""How texts are compared in lists: alike on both databases, and found by an index.

SQLite's LIKE ignores case in ASCII and heeds it elsewhere, whatever Django's lookup is called, and a PostgreSQL
index in the order of some language finds no beginnings. So every text that a list is filtered by has one index over
`Folded`. It narrows what is asked with and what is asked without regard to case to the same few rows.
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Substr
from django.db.models.lookups import Exact, GreaterThanOrEqual, In, IRegex, IStartsWith, LessThan, StartsWith
from django.db.models.sql.compiler import SQLCompiler


class Folded(Func):
    """A text without regard to case, in the order of its bytes.

    PostgreSQL folds letters of any script. SQLite folds those of ASCII; what is asked in another script is narrowed by
    its beginning in ASCII, where it has one, and then looked at row by row.
    """

    arity = 1
    template = '(UPPER(%(expressions)s) COLLATE "C")'

    def as_sqlite(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        **context: Any,  # noqa: ANN401 - Django's own signature
    ) -> tuple[str, tuple[str | int, ...]]:
        sql, params = self.as_sql(compiler, connection, template="(%(expressions)s COLLATE NOCASE)", **context)
        return sql, tuple(params)


class Names(Func):
    """Two names with a blank between them, or null where both are empty.

    Its texts stand in the SQL: SQLite takes an index over an expression only for the very same expression.
    """

    arity = 2
    template = "NULLIF(TRIM(%(expressions)s), '')"
    arg_joiner = " || ' ' || "


FULL_NAME = Coalesce(Names("first_name", "last_name"), F("handle"))
"""`User.full_name`."""


def equal(column: Combinable, *values: str) -> Q:
    """That a text is one of these."""
    return _folded_in(column, values) & Q(In(column, values))


def alike(column: Combinable, *values: str) -> Q:
    """That a text is one of these but for case."""
    if all(map(is_folded, values)):
        return _folded_in(column, values)
    return reduce(or_, (_narrowed(column, value) & Q(IRegex(column, rf"\A{re.escape(value)}\Z")) for value in values))


def begins(column: Combinable, value: str) -> Q:
    """That a text begins with this one, which is not empty."""
    if connection.vendor == "sqlite":
        return _between(column, value) & Q(Exact(Substr(column, 1, len(value)), value))
    return Q(IStartsWith(column, value)) & Q(StartsWith(column, value))


def begins_alike(column: Combinable, value: str) -> Q:
    """That a text begins with this one, which is not empty, but for case."""
    if not is_folded(value):
        return _narrowed(column, value) & Q(IRegex(column, rf"\A{re.escape(value)}"))
    return _between(column, value) if connection.vendor == "sqlite" else Q(IStartsWith(column, value))


def is_folded(value: str) -> bool:
    """Whether an index alone finds this text without regard to case."""
    return connection.vendor != "sqlite" or value.isascii()


def _folded_in(column: Combinable, values: Sequence[str]) -> Q:
    if len(values) == 1:
        return Q(Exact(Folded(column), Folded(Value(values[0]))))
    return Q(In(Folded(column), [Folded(Value(value)) for value in values]))


def _narrowed(column: Combinable, value: str) -> Q:
    """What SQLite's index knows of a text with letters beyond ASCII: how it begins."""
    plain = re.match(r"[\0-\x7f]*", value)
    return _between(column, plain[0]) if plain and plain[0] else Q()


def _between(column: Combinable, value: str) -> Q:
    """On SQLite, the range of folded texts that begin with this one."""
    low, high = Q(GreaterThanOrEqual(Folded(column), value)), _following(value)
    return low & Q(LessThan(Folded(column), high)) if high else low


def _following(value: str) -> str:
    """The first text, in SQLite's order without case, after all that begin with this one; empty where there is none.

    That order is the one of the code points, where capital letters of ASCII are small ones.
    """
    kept = value.rstrip("\U0010ffff")
    if not kept:
        return ""
    code = ord(kept[-1].lower() if kept[-1].isascii() else kept[-1]) + 1
    code = 0x5B if 0x41 <= code <= 0x5A else 0xE000 if code == 0xD800 else code
    return kept[:-1] + chr(code)
