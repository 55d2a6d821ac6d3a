"""When upkeep runs: rows of the job engine's scheduler, which takes each due one once, whoever is running."""

from django.conf import settings
from django.db import transaction
from django_q.models import Schedule

from sigillo.worker.jobs import UPKEEP

MINUTES = {
    "recover": 1,
    "expire": 1,
    "redeliver": 1,
    "sweep": 60,
    "trim_previews": 60,
    "forget_facts": 60,
    "refresh_statistics": 60,
    "forget_failures": 24 * 60,
}
_GROUP = "sigillo."


def ensure_schedules() -> None:
    """Make the schedule of every upkeep job, and remove those of jobs that are no more. Repeating it changes nothing.

    Each has a fixed key, so that two workers who start at once make one row and not two.
    """
    wanted = [
        Schedule(
            id=key,
            name=f"{_GROUP}{name}",
            func=settings.SIGILLO_JOB_RUNNER,
            args=f"{name!r},",
            schedule_type=Schedule.MINUTES,
            minutes=MINUTES[name],
        )
        for key, name in enumerate(UPKEEP, start=1)
    ]
    with transaction.atomic():
        Schedule.objects.filter(name__startswith=_GROUP).exclude(id__in=[row.id for row in wanted]).delete()
        Schedule.objects.bulk_create(
            wanted,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["name", "func", "args", "schedule_type", "minutes"],
        )
