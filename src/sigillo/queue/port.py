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
from django_q.tasks import async_task


class _Delayed(ORM):  # type: ignore[misc]
    """The engine's own broker, with the moment from which a job may be taken."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(list_key=Conf.CLUSTER_NAME)
        self._after = after

    def enqueue(self, task: str) -> int:
        """Store the signed job; a job is visible to workers once its `lock` has passed."""
        row = self.get_connection().create(key=self.list_key, payload=task, lock=timezone.now() + self._after)
        return int(row.pk)


def enqueue(name: str, subject: UUID, *, after: timedelta = timedelta(0)) -> None:
    """Have the job `name` run for `subject` after this transaction commits, and not before `after` has passed."""
    async_task(settings.SIGILLO_JOB_RUNNER, name, str(subject), task_name=f"{name} {subject}", broker=_Delayed(after))
