"""Writing the journal: always inside the transaction of the change that it records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.journal.chain import event_digest
from sigillo.journal.models import Chain, Event, Fact

BATCH = 500


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about; each subject has a chain of its own."""

    kind: str
    id: UUID
    organization_id: UUID


@dataclass(frozen=True, slots=True)
class Tell:
    """What the outside is to hear of an event; `data` is what is true at this moment."""

    message: str
    subject_id: UUID
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be. `data` holds JSON values: ids, digests in hex, states; never a secret or a person's name."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)
    tell: Tell | None = None


def record(subject: Subject, kind: str, *, actor: str, data: Mapping[str, object] | None = None) -> Event:
    """Append one event to the subject's chain; see `record_all`."""
    return _append(subject, [Entry(kind, data or {})], actor)[0]


def record_all(subject: Subject, entries: Sequence[Entry], *, actor: str) -> list[Fact]:
    """Append events to the subject's chain in this order; gives the facts among them, which somebody is to deliver.

    A handful of queries, however many entries there are: one lock on the chain's head, and rows in batches.

    Raises:
        RuntimeError: there is no surrounding transaction, so that change and event could part.
    """
    events = _append(subject, entries, actor)
    facts = [
        Fact(
            event=event,
            organization_id=subject.organization_id,
            message=entry.tell.message,
            subject_id=entry.tell.subject_id,
            sequence=event.sequence,
            data=dict(entry.tell.data),
            at=event.at,
        )
        for event, entry in zip(events, entries, strict=True)
        if entry.tell
    ]
    return Fact.objects.bulk_create(facts, batch_size=BATCH)


def _append(subject: Subject, entries: Sequence[Entry], actor: str) -> list[Event]:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of its change; open one around both.")
    if not entries:
        return []
    chain = _locked_chain(subject)
    events = _events(chain, entries, actor)
    Event.objects.bulk_create(events, batch_size=BATCH)
    chain.length, chain.head = events[-1].sequence, events[-1].digest
    chain.save(update_fields=("length", "head"))
    return events


def _locked_chain(subject: Subject) -> Chain:
    Chain.objects.bulk_create(
        [Chain(organization_id=subject.organization_id, subject_kind=subject.kind, subject_id=subject.id)],
        ignore_conflicts=True,
    )
    return Chain.objects.select_for_update().get(subject_kind=subject.kind, subject_id=subject.id)


def _events(chain: Chain, entries: Sequence[Entry], actor: str) -> list[Event]:
    events: list[Event] = []
    previous, at = bytes(chain.head), now()
    for sequence, entry in enumerate(entries, start=chain.length + 1):
        data = dict(entry.data)
        digest = event_digest(
            previous=previous,
            subject_kind=chain.subject_kind,
            subject_id=chain.subject_id,
            sequence=sequence,
            kind=entry.kind,
            actor=actor,
            at=at,
            data=data,
        )
        events.append(
            Event(
                chain=chain,
                sequence=sequence,
                kind=entry.kind,
                actor=actor,
                data=data,
                at=at,
                previous=previous,
                digest=digest,
            )
        )
        previous = digest
    return events
