"""What a message's row holds sealed: the address that it goes to, and its text."""

from sigillo.installation import keyring
from sigillo.messages.models import Message
from sigillo.secrets.sealing import Context


def seal_contents(message: Message, address: str, text: str) -> None:
    """Give a new row what it is to keep; a checked address, and the text as it will be sent."""
    message.sealed_address = keyring().seal(address.encode(), _place(message, "address"))
    message.sealed_text = keyring().seal(text.encode(), _place(message, "text"))


def address_of(message: Message) -> str:
    """The address, as it was checked."""
    return keyring().open(message.sealed_address, _place(message, "address")).decode()


def text_of(message: Message) -> str | None:
    """The text; None where it was emptied."""
    return keyring().open(message.sealed_text, _place(message, "text")).decode() if message.sealed_text else None


def _place(message: Message, field: str) -> Context:
    return Context(tenant=str(message.organization_id), table="message", row=str(message.id), field=field)
