"""Messages as the flows write them, and every place where a secret of theirs could have been left."""

from collections.abc import Iterator

from django.core.serializers import serialize
from django.db import transaction
from django_q.models import OrmQ, Task

from sigillo.journal.models import Event, Fact
from sigillo.messages.models import Message
from sigillo.messages.write import write_message
from tests.support.world import House

PHONE = "+393331234567"
EMAIL = "mario.rossi+sign@example.org"
CODE = "735914"
TEXT = f"Il codice è {CODE}: <b>non</b> darlo a nessuno & basta."
SUBJECT = "Il tuo codice – Acme"


def letter(house: House, channel: str = "sms", **changes: object) -> Message:
    """A message to the house's plain user, committed with its job."""
    given = {"kind": "one_time_password", "subject": SUBJECT, "text": TEXT} | changes
    address = given.pop("address", PHONE if channel == "sms" else EMAIL)
    with transaction.atomic():
        return write_message(house.organization, house.user.user, channel=channel, address=address, **given)  # type: ignore[arg-type]


def jobs() -> list[tuple[str, str]]:
    """What the queue holds: names and subjects, in order."""
    return [tuple(row.task["args"]) for row in OrmQ.objects.order_by("pk")]


def said(kind: str = "message.") -> list[tuple[str, dict[str, object]]]:
    """The journal's events whose kind begins so, in order."""
    events = Event.objects.filter(kind__startswith=kind).order_by("chain_id", "sequence")
    return [(event.kind, event.data) for event in events]


def at_rest() -> str:
    """All rows that a message leaves, as they lie in the database; jobs as they are when they are read."""
    tables = (Message, Event, Fact, OrmQ, Task)
    return "\n".join([*(serialize("json", table.objects.all()) for table in tables), *map(str, _tasks())])


def _tasks() -> Iterator[object]:
    return (row.task for row in OrmQ.objects.all())
