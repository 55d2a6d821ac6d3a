"""Threads at the desk use one connection in turn, and leave with none."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connections, transaction

from sigillo.organizations.models import Organization
from sigillo.worker.desk import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def _threads(count: int, call: Callable[[], None]) -> list[Exception]:
    faults: list[Exception] = []

    def run() -> None:
        try:
            call()
            assert not connections.all(initialized_only=True), "it leaves with none"
        except Exception as error:  # noqa: BLE001 - the test looks at it
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return faults


def test_threads_share_one_connection_in_turn() -> None:
    desk, seen, slugs = Desk(), set[int](), iter("abcdefgh")

    def write() -> None:
        with desk.with_shared(), transaction.atomic():
            seen.add(id(connections["default"].connection))
            Organization.objects.create(slug=next(slugs), name="x")

    assert _threads(8, write) == []
    desk.close()
    assert len(seen) == 1
    assert Organization.objects.count() == 8


def test_a_turn_that_fails_leaves_the_desk_in_order() -> None:
    desk = Desk()

    def fail() -> None:
        with desk.with_shared(), transaction.atomic():
            Organization.objects.create(slug="lost", name="x")
            connections["default"].cursor().execute("SELECT nothing FROM nowhere")

    def succeed() -> None:
        with desk.with_shared():
            Organization.objects.create(slug="kept", name="x")

    (fault,) = _threads(1, fail)
    assert isinstance(fault, DatabaseError)
    assert _threads(1, succeed) == []
    desk.close()
    assert [row.slug for row in Organization.objects.all()] == ["kept"]


def test_a_closed_desk_opens_again_and_the_owner_of_a_connection_keeps_it() -> None:
    desk = Desk()

    def look() -> None:
        with desk.with_shared():
            Organization.objects.count()

    assert _threads(1, look) == []
    desk.close()
    assert _threads(1, look) == []
    mine = connections["default"]
    with desk.with_own():
        assert Organization.objects.count() == 0
        assert connections["default"] is mine
    desk.close()
