"""Places for webhook calls: one receiver, the failing ones, and one organization leave room for the others."""

from uuid import UUID

from sigillo.base.ids import new_id
from sigillo.delivery.models import Endpoint
from sigillo.worker.places import FAILING_AT_ONCE, RECEIVER_AT_ONCE, Place, Places

ACME, BRAVO = new_id(), new_id()


def _endpoint(organization: UUID = ACME, *, failures: int = 0) -> Endpoint:
    return Endpoint(organization_id=organization, token_id=new_id(), topic="dst", failures=failures)


def _fill(places: Places, endpoint: Endpoint) -> list[Place]:
    """As many places as it gets."""
    taken: list[Place] = []
    while place := places.take(endpoint):
        taken.append(place)
    return taken


def test_a_receiver_shows_itself_with_one_call_before_it_gets_more() -> None:
    places, endpoint = Places(128), _endpoint()
    (first,) = _fill(places, endpoint)
    assert places.full().receivers == {endpoint.id}
    places.give_back(first, answered=True)
    assert places.full().receivers == set()
    more = _fill(places, endpoint)
    assert len(more) == RECEIVER_AT_ONCE
    places.give_back(more[0], answered=False)
    assert places.take(endpoint) is None, "three are under way, and it does not answer any more"
    for place in more[1:]:
        places.give_back(place)
    assert len(_fill(places, endpoint)) == 1
    assert places.left == 127


def test_those_that_fail_share_a_slow_lane_of_their_organization() -> None:
    places = Places(128)
    failing = [_endpoint(failures=1) for _ in range(20)]
    taken = [place for endpoint in failing for place in _fill(places, endpoint)]
    assert len(taken) == FAILING_AT_ONCE
    assert places.full().slow == {ACME}
    assert places.take(_endpoint()), "one that does not fail is not held up"
    assert places.take(_endpoint(BRAVO, failures=1)), "nor are the failing ones of another organization"
    places.give_back(taken[0], answered=False)
    assert places.full().slow == set()
    assert places.take(failing[-1])


def test_an_organization_leaves_as_much_as_it_has() -> None:
    places = Places(12)
    flood = [place for _ in range(20) for place in _fill(places, _endpoint())]
    assert len(flood) == 6
    assert places.full().organizations == {ACME}
    others = [place for _ in range(20) for place in _fill(places, _endpoint(BRAVO))]
    assert len(others) == 3
    for place in flood + others:
        places.give_back(place, answered=True)
    assert (places.left, places.full().organizations) == (12, set())


def test_nothing_is_given_beyond_what_there_is() -> None:
    places = Places(1)
    assert places.take(_endpoint())
    assert places.take(_endpoint(BRAVO)) is None
    assert places.left == 0
