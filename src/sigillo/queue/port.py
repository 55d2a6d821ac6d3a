"""The port to the job engine: a name and an id go in, in the caller's own database transaction.

The engine (django-q2 on its database broker) runs the job at least once after the commit, also when a worker
dies half-way. It knows names, not flows: `settings.SIGILLO_JOB_RUNNER` maps them, on the worker's floor.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task


class _Delayed(ORM):  # type: ignore[misc]
    """The engine's own broker, with the moment from which a job may be taken."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(list_key=Conf.CLUSTER_NAME)
        self._after = after
        self.stored = 0

    def enqueue(self, task: str) -> int:
        """Store the signed job; a job is visible to workers once its `lock` has passed."""
        row = self.get_connection().create(key=self.list_key, payload=task, lock=timezone.now() + self._after)
        self.stored = int(row.pk)
        return self.stored


def enqueue(name: str, subject: UUID, *, after: timedelta = timedelta(0)) -> int:
    """Have the job `name` run for `subject` after this transaction commits, and not before `after` has passed.

    Gives the number of the queued job.
    """
    broker = _Delayed(after)
    async_task(settings.SIGILLO_JOB_RUNNER, name, str(subject), task_name=f"{name} {subject}", broker=broker)
    return broker.stored


def bring_forward(job: int, *, after: timedelta = timedelta(0)) -> bool:
    """Have a queued job run when `after` has passed, and no longer at its former time; False where it is done already.

    One that is being run at this moment runs once more.
    """
    return bool(OrmQ.objects.filter(pk=job).update(lock=timezone.now() + after))


def withdraw(job: int) -> None:
    """Forget a queued job, which nobody needs any more."""
    OrmQ.objects.filter(pk=job).delete()
