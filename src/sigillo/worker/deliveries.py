"""Webhook calls wait and hardly compute: a process of the pool has many under way, each in a thread, beside its job.

Whoever finds something due begins as many calls as there are places for: a job that was queued with a change, a call
that is over, or the clock. So the queue only has to wake; what is still to be sent stands in the rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock, Thread, main_thread

import structlog
from django.db import connections

from sigillo.delivery.models import Endpoint
from sigillo.flows.claim_deliveries import MOST_ENDPOINTS, Claim, claim_deliveries, due_endpoints
from sigillo.flows.deliver import call, conclude
from sigillo.queue.port import enqueue
from sigillo.worker.places import Place, Places

AT_ONCE = 128
"""Calls of one process."""

log = structlog.get_logger("sigillo.worker")


class Deliveries:
    """The webhook calls of this process.

    One thread at a time is at the desk, where rows are used: a process needs one connection for all of its calls.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = Places(at_once)
        self._desk = Lock()

    def take_up(self) -> int:
        """Begin what is due, up to what is fair here, and say how many. A call that ends reminds of the rest."""
        with self._desk:
            return self._take_up()

    def _take_up(self) -> int:
        begun = 0
        while self._places.left:
            endpoints = due_endpoints(self._places.full())
            if endpoints and not main_thread().is_alive():  # this process ends once its calls have: others go on
                enqueue("deliver", endpoints[0].organization_id)
                break
            now_begun = sum(self._begin_for(endpoint) for endpoint in endpoints)
            begun += now_begun
            if len(endpoints) < MOST_ENDPOINTS or not now_begun:
                break
        return begun

    def _begin_for(self, endpoint: Endpoint) -> int:
        """Begin as many calls of one receiver as it may have and are due."""
        places: list[Place] = []
        while place := self._places.take(endpoint):
            places.append(place)
        try:
            claims = claim_deliveries(endpoint.id, len(places)) if places else []
            for claim in claims:
                Thread(target=self._run, args=(claim, places[-1]), name=f"webhook {claim.delivery.id}").start()
                places.pop()
        finally:  # what was not due, or where a thread could not begin: its lease ends, and it is due again
            for place in places:
                self._places.give_back(place)
        return len(claims)

    def _run(self, claim: Claim, place: Place) -> None:
        outcome = call(claim)
        try:
            with self._at_desk():
                self._places.give_back(place, answered=outcome.error is None)
                conclude(claim, outcome)
                self._take_up()
        except Exception:
            log.exception("webhooks were not taken up", delivery=str(claim.delivery.id))

    @contextmanager
    def _at_desk(self) -> Iterator[None]:
        """The desk for a thread that has no connection when it comes, and none when it goes."""
        with self._desk:
            try:
                yield
            finally:
                connections.close_all()


@cache
def deliveries() -> Deliveries:
    """Those of this process."""
    return Deliveries()
