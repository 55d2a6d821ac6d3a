"""Writing the journal: always inside the transaction of the change that it records."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.journal.chain import event_digest
from sigillo.journal.models import Chain, Event, Fact


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about; each subject has a chain of its own."""

    kind: str
    id: UUID
    organization_id: UUID


def record(subject: Subject, kind: str, *, actor: str, data: Mapping[str, object] | None = None) -> Event:
    """Append one event to the subject's chain.

    `data` holds JSON values: ids as strings, digests in hex, states; never a secret or a person's name.

    Raises:
        RuntimeError: there is no surrounding transaction, so that change and event could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of its change; open one around both.")
    Chain.objects.bulk_create(
        [Chain(organization_id=subject.organization_id, subject_kind=subject.kind, subject_id=subject.id)],
        ignore_conflicts=True,
    )
    chain = Chain.objects.select_for_update().get(subject_kind=subject.kind, subject_id=subject.id)
    event = _next_event(chain, kind, actor, dict(data or {}))
    chain.length, chain.head = event.sequence, event.digest
    chain.save(update_fields=("length", "head"))
    return event


def _next_event(chain: Chain, kind: str, actor: str, data: dict[str, object]) -> Event:
    sequence, previous, at = chain.length + 1, bytes(chain.head), now()
    digest = event_digest(
        previous=previous,
        subject_kind=chain.subject_kind,
        subject_id=chain.subject_id,
        sequence=sequence,
        kind=kind,
        actor=actor,
        at=at,
        data=data,
    )
    return Event.objects.create(
        chain=chain, sequence=sequence, kind=kind, actor=actor, data=data, at=at, previous=previous, digest=digest
    )


def tell(event: Event, message: str, subject_id: UUID, data: Mapping[str, object]) -> Fact:
    """Leave a fact for delivery, in the transaction of its event."""
    return Fact.objects.create(
        event=event,
        organization_id=event.chain.organization_id,
        message=message,
        subject_id=subject_id,
        sequence=event.sequence,
        data=dict(data),
    )
