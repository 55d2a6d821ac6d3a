"""Webhook calls in threads: a dead receiver delays no other, and what a killed worker had in hand is sent again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.flows import deliver
from sigillo.queue.port import enqueue
from sigillo.transactions.models import Document
from sigillo.worker.deliveries import Deliveries, deliveries
from sigillo.worker.jobs import run
from tests.cli.serving import environ, family, wait_for
from tests.delivery.receivers import Receiver, hurry, listening, receiver, secret
from tests.flows.stories import begin
from tests.outbound.servers import reply
from tests.support.world import House

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loopback_open")]


class Hanging:
    """A receiver's answer that does not come until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait(60)
        reply(200)(handler)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    answer = Hanging()
    yield answer
    answer.released.set()
    _join()


def _running() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("webhook ")]


def _join() -> None:
    while threads := _running():  # one that ends may have begun another
        threads[0].join(30)


def _delivered(got: Receiver, count: int) -> None:
    wait_for(lambda: len(got.got) >= count, f"{count} messages")


def test_one_dead_receiver_delays_no_other(acme: House, hanging: Hanging) -> None:
    with receiver(hanging) as dead, receiver() as alive:
        listening(acme.owner, dst=dead.site.url())
        token = listening(acme.owner, dst=alive.site.url())
        for _ in range(10):
            begin(acme)
        calls = Deliveries()
        assert calls.take_up() == 2
        _delivered(alive, 10)
        assert len(dead.got) == 1, "it gets no second call before it answered the first"
        if connection.vendor == "postgresql":
            wait_for(lambda: _connections() == 1, "end of the last connection: who waits holds none")
        hanging.released.set()
        _delivered(dead, 10)
        _join()
    assert {one.open(secret(token))["message"] for one in alive.got} == {"DST_STATUS_CHANGED"}
    assert len({one.id for one in alive.got}) == 10
    assert set(Delivery.objects.values_list("status", "attempts")) == {("delivered", 1)}


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_many_failing_receivers_do_not_fill_the_process(acme: House, hanging: Hanging) -> None:
    with receiver(hanging) as dead, receiver() as alive:
        for _ in range(30):
            listening(acme.owner, dst=dead.site.url())
        Endpoint.objects.update(failures=3)
        begin(acme)
        calls = Deliveries()
        assert calls.take_up() == 8
        _delivered(dead, 8)
        listening(acme.owner, dst=alive.site.url())
        begin(acme)
        assert calls.take_up() == 1
        _delivered(alive, 1)
        hanging.released.set()
        _delivered(dead, 60)
        _join()
    assert Delivery.objects.filter(status="delivered").count() == 61


def test_a_longer_list_of_failing_receivers_than_is_looked_at_hides_nobody(
    acme: House, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigillo.flows.claim_deliveries.MOST_ENDPOINTS", 12)
    monkeypatch.setattr("sigillo.worker.deliveries.MOST_ENDPOINTS", 12)
    with receiver(hanging) as dead, receiver() as alive:
        for _ in range(15):
            listening(acme.owner, dst=dead.site.url())
        Endpoint.objects.update(failures=1)
        begin(acme)
        listening(acme.owner, dst=alive.site.url())
        begin(acme)
        assert Deliveries().take_up() == 9
        _delivered(alive, 1)


def test_a_flood_of_one_organization_leaves_room_for_another(acme: House, bravo: House, hanging: Hanging) -> None:
    with receiver(hanging) as dead, receiver() as alive:
        for _ in range(12):
            listening(acme.owner, dst=dead.site.url())
        begin(acme)
        calls = Deliveries(at_once=8)
        assert calls.take_up() == 4
        listening(bravo.owner, dst=alive.site.url())
        begin(bravo)
        assert calls.take_up() == 1
        _delivered(alive, 1)
        assert len(dead.got) == 4


def test_a_job_and_the_clock_begin_what_is_due(acme: House) -> None:
    with receiver(reply(500), reply(200)) as got:
        listening(acme.owner, dst=got.site.url())
        begin(acme)
        run("deliver", str(acme.organization.id))
        _delivered(got, 1)
        _join()
        assert Delivery.objects.get().failures == 1
        run("redeliver")
        assert len(got.got) == 1, "its time has not come"
        hurry()
        run("redeliver")
        _delivered(got, 2)
        _join()
    assert (Delivery.objects.get().status, deliveries()._places.left) == ("delivered", 128)


def test_what_cannot_be_written_down_is_sent_again_when_its_lease_ends(
    acme: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with receiver() as got:
        listening(acme.owner, dst=got.site.url())
        begin(acme)
        calls = Deliveries()
        with monkeypatch.context() as patch:
            patch.setattr("sigillo.worker.deliveries.conclude", broken)
            assert calls.take_up() == 1
            _delivered(got, 1)
            _join()
        assert calls.take_up() == 0
        hurry()
        assert calls.take_up() == 1
        _join()
    assert [one.id for one in got.got] == [str(Delivery.objects.get().fact_id)] * 2
    assert (Delivery.objects.get().status, calls._places.left) == ("delivered", 128)


def _database_url() -> str:
    made = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{made['NAME']}"
    user = f"{quote(made['USER'])}:{quote(made['PASSWORD'])}"
    return f"postgresql://{user}@{made['HOST']}:{made['PORT']}/{made['NAME']}"


@contextmanager
def _process(log: Path, *arguments: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process in the home and on the database of the test; it ends with the block."""
    changes = {"DATABASE_URL": _database_url(), "SIGILLO_OUTBOUND_ALLOW": "127.0.0.1", **changes}
    with log.open("a") as errors:
        running = subprocess.Popen(
            [sys.executable, *arguments],
            env=environ(django_settings.SIGILLO_HOME, **changes),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(30)
        finally:
            running.kill()
            running.communicate()


def test_what_a_killed_sender_had_in_hand_is_sent_again_under_the_same_ids(
    acme: House, hanging: Hanging, tmp_path: Path
) -> None:
    timing = {"SIGILLO_WORKERS": "1", "SIGILLO_JOB_RETRY_SECONDS": "4"}
    worker = ("-m", "sigillo.cli", "worker")
    with receiver(hanging) as slow, receiver() as alive:
        token = listening(acme.owner, dst=slow.site.url())
        others = [listening(acme.owner, dst=slow.site.url()) for _ in range(7)]
        listening(acme.owner, dst=alive.site.url())
        begin(acme)
        Document.objects.update(next_attempt_at=None)  # the worker takes no document in: one message each is enough
        OrmQ.objects.filter(pk__in=[row.pk for row in OrmQ.objects.all() if row.task["args"][0] != "deliver"]).delete()
        with _process(tmp_path / "log", *worker, **timing) as first:
            _delivered(slow, 8)
            wait_for(lambda: Delivery.objects.filter(status="delivered").count() == 1, "word of the one that answers")
            for pid in (first.pid, *family(first.pid)):
                os.kill(pid, signal.SIGKILL)
        hanging.released.set()
        assert Delivery.objects.filter(status="pending", attempts=1).count() == 8
        with _process(tmp_path / "log", *worker, **timing):
            wait_for(lambda: Delivery.objects.filter(next_attempt_at__lte=now()).count() >= 8, "end of the leases")
            enqueue("redeliver", acme.organization.id)  # what the clock does every minute
            wait_for(lambda: Delivery.objects.filter(status="delivered").count() >= 9, "second attempt at all of them")
    keys = {str(row.fact_id) for row in Delivery.objects.filter(token_id__in=[token.id, *(one.id for one in others)])}
    assert {one.id for one in slow.got} == keys
    assert (len(slow.got), len(alive.got)) == (16, 1)
    assert "Traceback" not in (tmp_path / "log").read_text()


END = """
from sigillo.config.settings import use_current_sqlite
import django
django.setup()
from sigillo.transactions.models import Document
from sigillo.worker.deliveries import Deliveries
Deliveries().take_up()
print("the job is done", flush=True)
"""


def test_a_process_that_ends_finishes_its_calls_and_wakes_another_for_the_rest(
    acme: House, hanging: Hanging, tmp_path: Path
) -> None:
    with receiver(hanging) as got:
        listening(acme.owner, dst=got.site.url())
        begin(acme)
        begin(acme)
        OrmQ.objects.all().delete()
        with _process(tmp_path / "log", "-c", END, DJANGO_SETTINGS_MODULE="sigillo.config.settings") as running:
            assert running.stdout
            assert running.stdout.readline(), (tmp_path / "log").read_text()
            _delivered(got, 1)
            hanging.released.set()
            assert running.wait(30) == 0
    assert sorted(Delivery.objects.values_list("status", "attempts")) == [("delivered", 1), ("pending", 0)]
    assert [row.task["args"] for row in OrmQ.objects.all()] == [("deliver", str(acme.organization.id))]


def test_a_receiver_that_never_answers_is_left_in_time(
    acme: House, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "ATTEMPT_SECONDS", 0.2)
    with receiver(hanging) as got:
        listening(acme.owner, dst=got.site.url())
        begin(acme)
        Deliveries().take_up()
        _join()
    assert Delivery.objects.get().failures == 1
    assert Endpoint.objects.get().failures == 1
