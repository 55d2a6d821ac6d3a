"""Who may have how many webhook calls under way in one process: what keeps a dead receiver from holding up others."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sigillo.delivery.models import Endpoint
from sigillo.flows.claim_deliveries import PassedOver
from sigillo.worker.shares import Shares

RECEIVER_AT_ONCE = 4
"""Calls of one receiver whose last call here ended well. Any other gets one at a time, so that it can show itself."""
FAILING_AT_ONCE = 8
"""Calls of all receivers of an organization that failed when they were last called: they share a slow lane."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one call stands: at its organization, at its receiver, and in the slow lane or not."""

    organization: UUID
    receiver: UUID
    slow: bool


class Places:
    """The calls of a process, shared out between organizations, and within one between receivers.

    An organization gets no more than is left for the others, and one with failing receivers keeps most of its share
    for those that answer. Used by one thread at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._shares = Shares(at_once)
        self._of_receiver: Counter[UUID] = Counter()
        self._slow: Counter[UUID] = Counter()
        self._answering: set[UUID] = set()

    @property
    def left(self) -> int:
        """How many nobody has."""
        return self._shares.left

    def full(self) -> PassedOver:
        """Whose turn it is not."""
        return PassedOver(
            organizations=self._shares.sated(),
            receivers={receiver for receiver in self._of_receiver if not self._may_have_more(receiver)},
            slow={organization for organization in self._slow if self._slow[organization] >= FAILING_AT_ONCE},
        )

    def take(self, endpoint: Endpoint) -> Place | None:
        """A place for one more call of this receiver; None where it may not have one now."""
        place = Place(endpoint.organization_id, endpoint.id, slow=endpoint.failures > 0)
        if not self.left or not self._may_have_more(place.receiver):
            return None
        if place.slow and self._slow[place.organization] >= FAILING_AT_ONCE:
            return None
        if not self._shares.take(place.organization):
            return None
        self._of_receiver[place.receiver] += 1
        if place.slow:
            self._slow[place.organization] += 1
        return place

    def give_back(self, place: Place, *, answered: bool | None = None) -> None:
        """The call is over: the receiver answered as it should, or did not; or it was not made at all."""
        self._shares.give_back(place.organization)
        _less(self._of_receiver, place.receiver)
        if place.slow:
            _less(self._slow, place.organization)
        if answered:
            self._answering.add(place.receiver)
        elif answered is False:
            self._answering.discard(place.receiver)

    def _may_have_more(self, receiver: UUID) -> bool:
        return self._of_receiver[receiver] < (RECEIVER_AT_ONCE if receiver in self._answering else 1)


def _less(counter: Counter[UUID], key: UUID) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
