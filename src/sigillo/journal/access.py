"""Events, reached through their subject, which the caller has already reached through a principal."""

from uuid import UUID

from django.db.models import QuerySet

from sigillo.journal.models import Event


def events_of(subject_kind: str, subject_id: UUID) -> QuerySet[Event]:
    """The events of one subject."""
    return Event.objects.filter(chain__subject_kind=subject_kind, chain__subject_id=subject_id)
