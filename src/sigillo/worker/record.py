"""What the job engine keeps of jobs that failed: long enough to be read, not for ever."""

from datetime import timedelta

from django_q.models import Failure

from sigillo.base.clock import now

KEPT = timedelta(days=30)


def forget_failures() -> int:
    """Remove the engine's rows of jobs that failed more than thirty days ago; how many there were."""
    found, _ = Failure.objects.filter(stopped__lt=now() - KEPT).delete()
    return int(found)
