"""A message to somebody, in keys of ours: the contract has none."""

from msgspec import Struct

from sigillo.api.shapes.moments import moment
from sigillo.flows.read_messages import ReadMessage


class MessageShape(Struct):
    """A message. Outside of the sandbox `to` is masked and `text` null."""

    id: str
    user: str | None
    kind: str
    channel: str
    to: str
    subject: str | None
    text: str | None
    status: str
    created: str


def message_shape(read: ReadMessage) -> MessageShape:
    """The message as it may be seen."""
    row = read.message
    return MessageShape(
        id=str(row.id),
        user=row.user.handle if row.user else None,
        kind=row.kind,
        channel=row.channel,
        to=read.to,
        subject=row.subject or None,
        text=read.text,
        status=row.status,
        created=moment(row.created),
    )
