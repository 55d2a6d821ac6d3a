"""One connection to the database for many threads, which use it in turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Desk:
    """Who is at it is alone; a thread that waits for something else is not, and holds no connection."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._connection: BaseDatabaseWrapper | None = None

    @contextmanager
    def with_own(self) -> Iterator[None]:
        """A turn for the thread of the jobs, which has a connection of its own."""
        with self._turn:
            yield

    @contextmanager
    def with_shared(self) -> Iterator[None]:
        """A turn for a thread that has none: rows are reached by the shared one for as long as it lasts."""
        with self._turn:
            if self._connection is None:
                self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
                self._connection.inc_thread_sharing()
            self._connection.close_if_unusable_or_obsolete()
            connections[DEFAULT_DB_ALIAS] = self._connection
            try:
                yield
            finally:
                del connections[DEFAULT_DB_ALIAS]

    def close(self) -> None:
        """Let go of the shared connection until the next turn."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
