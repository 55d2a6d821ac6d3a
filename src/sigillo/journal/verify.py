"""Reading the journal back: whether it still says what was written, and where it first does not."""

from collections.abc import Iterator
from dataclasses import dataclass

from sigillo.journal.chain import event_digest
from sigillo.journal.models import Chain, Event


@dataclass(frozen=True, slots=True)
class Broken:
    """The first event of a chain that is not what it was; `sequence` is where it stands, or should."""

    subject: str
    sequence: int
    said: str

    def __str__(self) -> str:
        return f"{self.subject}, event {self.sequence}: {self.said}."


def verify_chains() -> Iterator[Broken | None]:
    """Each chain in turn: what is first wrong with it, or None where all of it holds."""
    for chain in Chain.objects.order_by("id").iterator():
        yield first_broken(chain)


def first_broken(chain: Chain) -> Broken | None:
    """Recompute a chain from its first event; the first that was changed, inserted, deleted, moved or cut off."""
    subject, previous, expected = str(chain), bytes(32), 1
    for event in Event.objects.filter(chain=chain).order_by("sequence").iterator(chunk_size=1000):
        if event.sequence != expected:
            return Broken(subject, expected, f"it is missing; the next there is has the number {event.sequence}")
        if bytes(event.previous) != previous:
            return Broken(subject, expected, "it does not follow the one before it: one of the two was put in or moved")
        if bytes(event.digest) != _digest(chain, event):
            return Broken(subject, expected, "it was changed after it was written")
        previous, expected = bytes(event.digest), expected + 1
    if expected != chain.length + 1:
        found = f"{expected - 1} of {chain.length} events are there"
        return Broken(subject, min(expected, chain.length + 1), f"the chain was cut off or added to: {found}")
    if bytes(chain.head) != previous:
        return Broken(subject, chain.length, "it is not the one with which the chain ended")
    return None


def _digest(chain: Chain, event: Event) -> bytes:
    return event_digest(
        previous=bytes(event.previous),
        subject_kind=chain.subject_kind,
        subject_id=chain.subject_id,
        sequence=event.sequence,
        kind=event.kind,
        actor=event.actor,
        at=event.at,
        data=event.data,
    )
