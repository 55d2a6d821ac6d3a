"""The scheduler's rows: one for each upkeep, however many workers start."""

from datetime import timedelta
from threading import Thread

from django.db import connections
from django_q.models import Failure, OrmQ, Schedule, Task
from django_q.scheduler import scheduler

from sigillo.base.clock import now
from sigillo.worker.jobs import UPKEEP
from sigillo.worker.record import forget_failures
from sigillo.worker.schedules import ensure_schedules


def test_each_upkeep_has_one_row_and_keeps_its_next_run(db: None) -> None:
    ensure_schedules()
    assert {row.name for row in Schedule.objects.all()} == {f"sigillo.{name}" for name in UPKEEP}
    later = now() + timedelta(days=1)
    Schedule.objects.update(next_run=later)
    ensure_schedules()
    assert Schedule.objects.count() == len(UPKEEP)
    assert set(Schedule.objects.values_list("next_run", flat=True)) == {later}


def test_the_row_of_an_upkeep_that_is_no_more_goes(db: None) -> None:
    Schedule.objects.create(id=99, name="sigillo.former", func="x")
    Schedule.objects.create(id=98, name="somebody else's", func="x")
    ensure_schedules()
    names = set(Schedule.objects.values_list("name", flat=True))
    assert "sigillo.former" not in names
    assert "somebody else's" in names


def test_workers_who_start_at_once_make_one_row_each(transactional_db: None) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            ensure_schedules()
        except Exception as error:  # noqa: BLE001 - a thread has no other way to tell the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Schedule.objects.count() == len(UPKEEP)


def test_the_engine_queues_each_one_once_when_it_is_due(transactional_db: None) -> None:
    ensure_schedules()
    Schedule.objects.update(next_run=now() - timedelta(hours=5))
    scheduler()
    scheduler()
    assert sorted(row.task["args"] for row in OrmQ.objects.all()) == sorted((name,) for name in UPKEEP)
    assert all(row.task["func"] == "sigillo.worker.jobs.run" for row in OrmQ.objects.all())


def test_failures_are_kept_for_thirty_days(db: None) -> None:
    for days in (1, 29, 31, 400):
        moment = now() - timedelta(days=days)
        Task.objects.create(id=str(days), name="x", func="x", started=moment, stopped=moment, success=False)
    assert forget_failures() == 2
    assert set(Failure.objects.values_list("id", flat=True)) == {"1", "29"}
