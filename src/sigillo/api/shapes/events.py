"""An event of the journal: an addition of ours, in the manner of the contract."""

from typing import Any

from msgspec import Struct

from sigillo.api.shapes.moments import moment
from sigillo.api.shapes.stored import in_order
from sigillo.journal.models import Event


class EventShape(Struct):
    """Something that happened. `digest` is SHA-256 over the event and the digest before it (see docs/journal.md)."""

    sequence: int
    kind: str
    actor: str
    at: str
    data: dict[str, Any]
    digest: str


def event_shape(event: Event, actor: str) -> EventShape:
    """`actor` is what the one who acted is called."""
    return EventShape(
        sequence=event.sequence,
        kind=event.kind,
        actor=actor,
        at=moment(event.at),
        data=in_order(event.data),
        digest=bytes(event.digest).hex(),
    )
