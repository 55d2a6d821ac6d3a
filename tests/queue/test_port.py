"""A job is queued with the change that wants it: it comes with the commit, and not before its time."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from sigillo.base.ids import new_id
from sigillo.queue.port import bring_forward, enqueue, withdraw


def _taken() -> list[int]:
    """What a worker of this installation is given when it asks."""
    return [key for key, _ in ORM(list_key=Conf.CLUSTER_NAME).dequeue() or ()]


def _change(subject: UUID, *, fails: bool) -> None:
    with transaction.atomic():
        enqueue("fetch_document", subject)
        if fails:
            raise IntegrityError


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_no_job_and_a_commit_one() -> None:
    subject = new_id()
    with pytest.raises(IntegrityError):
        _change(subject, fails=True)
    assert not OrmQ.objects.exists()
    _change(subject, fails=False)
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == (settings.SIGILLO_JOB_RUNNER, ("fetch_document", str(subject)))
    assert task["name"] == f"fetch_document {subject}"


@pytest.mark.django_db
def test_a_job_is_given_to_one_worker_at_once() -> None:
    enqueue("fetch_document", new_id())
    row = OrmQ.objects.get()
    assert row.key == Conf.CLUSTER_NAME
    assert _taken() == [row.pk]
    assert _taken() == []


@pytest.mark.django_db
def test_a_delayed_job_is_not_given_before_its_time() -> None:
    wait, began = timedelta(minutes=5), timezone.now()
    enqueue("fetch_document", new_id(), after=wait)
    row = OrmQ.objects.get()
    assert row.lock
    assert wait <= row.lock - began < wait + timedelta(seconds=5)
    assert _taken() == []
    OrmQ.objects.update(lock=row.lock - wait)
    assert _taken() == [row.pk]


@pytest.mark.django_db
def test_a_queued_job_is_brought_forward() -> None:
    late, other = (enqueue("fetch_document", new_id(), after=timedelta(hours=1)) for _ in range(2))
    assert bring_forward(late, after=timedelta(minutes=5))
    lock = OrmQ.objects.get(pk=late).lock
    assert lock
    assert timedelta(minutes=4) < lock - timezone.now() <= timedelta(minutes=5)
    assert bring_forward(late)
    assert _taken() == [late]
    assert _taken() == []
    assert OrmQ.objects.filter(pk=other).exists()


@pytest.mark.django_db
def test_a_withdrawn_job_is_not_given_and_cannot_be_brought_forward() -> None:
    job, other = enqueue("fetch_document", new_id()), enqueue("fetch_document", new_id())
    withdraw(job)
    withdraw(job)
    assert not bring_forward(job)
    assert _taken() == [other]
