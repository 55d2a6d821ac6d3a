"""Looking at what was written to people: in the sandbox, so that a flow can be finished without a telephone."""

from dataclasses import dataclass

from sigillo.credentials.permissions import Verb, check_permission
from sigillo.installation import is_sandbox
from sigillo.messages.access import visible_messages
from sigillo.messages.addresses import mask_address
from sigillo.messages.contents import address_of, text_of
from sigillo.messages.models import Message
from sigillo.organizations.listing import Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, total


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message as it may be seen: outside of the sandbox the address is masked, and there is no text."""

    message: Message
    to: str
    text: str | None


@dataclass(frozen=True, slots=True)
class ListedMessages:
    """The messages of one page and how many there are on all pages."""

    rows: list[ReadMessage]
    total: int


def list_messages(principal: Principal, listing: Listing) -> ListedMessages:
    """A page of the organization's messages, newest first. Raises NotFound past the end."""
    check_permission(principal, Verb.READ_MESSAGE)
    page = take_page(
        visible_messages(principal),
        listing,
        order=("-created", "id"),
        count=lambda: total(principal.organization_id, Counted.MESSAGES),
    )
    return ListedMessages([_read(row) for row in page.rows], page.total)


def _read(message: Message) -> ReadMessage:
    address = address_of(message)
    if is_sandbox():
        return ReadMessage(message, to=address, text=text_of(message))
    return ReadMessage(message, to=mask_address(message.channel, address), text=None)
