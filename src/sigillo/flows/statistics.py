"""What SQLite knows of how much there is in its tables, without which it finds rows by the wrong index."""

from django.db import connection

_ASKED, _DONE = "PRAGMA optimize(0x10013)", "PRAGMA optimize(0x10012)"
"""All tables that grew or shrank tenfold, looked at in samples; asked without the last bit, it is done."""


def refresh_statistics() -> int:
    """Have SQLite look again at the tables that it does not know; how many there were. PostgreSQL looks by itself."""
    if connection.vendor != "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_ASKED)
        unknown = len(cursor.fetchall())
        cursor.execute(_DONE)
    return unknown
