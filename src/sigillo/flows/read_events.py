"""What happened to a transaction, event by event, for those who may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.journal.access import events_of
from sigillo.journal.models import Event
from sigillo.organizations.access import get_handles
from sigillo.organizations.listing import Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import access_transaction

_USER = "user:"


@dataclass(frozen=True, slots=True)
class ListedEvents:
    """The events of one page, how many there are on all, and what the users among their actors are called."""

    rows: list[Event]
    total: int
    handles: Mapping[str, str]

    def actor(self, event: Event) -> str:
        """Who acted: a user's id, or `system:…`."""
        return self.handles.get(event.actor.removeprefix(_USER), event.actor)


def list_events(principal: Principal, transaction_id: UUID, listing: Listing) -> ListedEvents:
    """A page of a transaction's events, in the order in which they happened.

    Raises:
        NotFound: there is no such transaction for this principal, or the page is past the end.
    """
    own_only = check_permission(principal, Verb.READ_TRANSACTION) is Scope.OWN
    row = access_transaction(principal, transaction_id, own_only=own_only)
    page = take_page(events_of("transaction", row.id), listing, order=("sequence",))
    actors = {event.actor.removeprefix(_USER) for event in page.rows if event.actor.startswith(_USER)}
    return ListedEvents(page.rows, page.total, get_handles(principal, actors))
