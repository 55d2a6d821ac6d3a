"""Several calls at the same moment, each on a connection of its own, as requests are; or one just before another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import Any

from django.db import connection

from sigillo.base.errors import SigilloError


def at_once(*calls: Callable[[], object]) -> list[SigilloError | None]:
    """Let all begin together; of each, how it was refused, or None. What was not foreseen is raised here."""
    barrier = Barrier(len(calls))
    outcomes: list[SigilloError | None] = [None] * len(calls)
    accidents: list[BaseException] = []

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            call()
        except SigilloError as refusal:
            outcomes[place] = refusal
        except BaseException as accident:  # noqa: BLE001 - a thread's own would be lost
            accidents.append(accident)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if accidents:
        raise accidents[0]
    return outcomes


@contextmanager
def overtaken_by(change: Callable[[], object]) -> Iterator[None]:
    """In the block, `change` comes between what is read and the first transaction that is begun.

    It needs a test that is itself a transaction (`django_db`), in which the inner ones are savepoints.
    """
    due = [change]

    def watch(execute: Callable[..., Any], sql: str, *facts: Any) -> Any:
        if due and sql.startswith("SAVEPOINT"):
            due.pop()()
        return execute(sql, *facts)

    with connection.execute_wrapper(watch):
        yield
    assert not due, "no transaction was begun"
