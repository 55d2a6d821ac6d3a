"""The one-time passwords that were sent: read where the person would read them, in the text of the message."""

import re
from contextlib import AbstractContextManager
from datetime import timedelta

import time_machine

from sigillo.base.clock import now
from sigillo.installation import keyring
from sigillo.messages.models import Message
from sigillo.organizations.models import User
from sigillo.secrets.sealing import Context


def newest_code(user: User) -> str:
    """The code in the last message that was written to the user."""
    message = Message.objects.filter(user=user).order_by("created", "id").last()
    assert message, "nothing was written to this user"
    codes = re.findall(r"\b\d{6}\b", read_text(message))
    assert len(codes) == 1
    return str(codes[0])


def a_minute_later() -> AbstractContextManager[object]:
    """The block happens a minute from now: another code may be sent, and the one before it is still good."""
    return time_machine.travel(now() + timedelta(minutes=1))


def read_text(message: Message) -> str:
    return _open(message, "text", message.sealed_text)


def read_address(message: Message) -> str:
    return _open(message, "address", message.sealed_address)


def wrong_code(right: str) -> str:
    """A code of the same form that is another."""
    return f"{(int(right) + 1) % 10**6:06d}"


def _open(message: Message, field: str, sealed: str) -> str:
    place = Context(tenant=str(message.organization_id), table="message", row=str(message.id), field=field)
    return keyring().open(sealed, place).decode()
