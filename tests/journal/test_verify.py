"""Whatever is done to the journal behind its back is found, and the first event that it touched is named."""

from collections.abc import Callable

import pytest
from django.db.models import F

from sigillo.journal.models import Chain, Event
from sigillo.journal.verify import first_broken, verify_chains
from tests.flows.stories import ready
from tests.support.world import House


def _chain(house: House) -> Chain:
    """A transaction's chain, of at least four events."""
    chain = Chain.objects.get(subject_id=ready(house).id)
    assert chain.length >= 4
    return chain


def _event(chain: Chain, sequence: int) -> Event:
    return Event.objects.get(chain=chain, sequence=sequence)


def _swap(chain: Chain) -> None:
    Event.objects.filter(chain=chain, sequence=2).update(sequence=1002)
    Event.objects.filter(chain=chain, sequence=3).update(sequence=2)
    Event.objects.filter(chain=chain, sequence=1002).update(sequence=3)


def _insert(chain: Chain) -> None:
    for event in Event.objects.filter(chain=chain, sequence__gte=2).order_by("-sequence"):
        Event.objects.filter(id=event.id).update(sequence=F("sequence") + 1)
    forged = _event(chain, 1)
    Event.objects.create(chain=chain, sequence=2, kind="forged", actor="", previous=forged.digest, digest=bytes(32))
    Chain.objects.filter(id=chain.id).update(length=F("length") + 1)


def _change(field: str, value: object) -> Callable[[Chain], None]:
    def tamper(chain: Chain) -> None:
        Event.objects.filter(chain=chain, sequence=2).update(**{field: value})

    return tamper


def _delete(sequence: int) -> Callable[[Chain], None]:
    return lambda chain: _remove(_event(chain, sequence))


def _remove(event: Event) -> None:
    event.facts.all().delete()
    event.delete()


def _cut(chain: Chain) -> None:
    _remove(_event(chain, chain.length))


def _cut_and_shorten(chain: Chain) -> None:
    _cut(chain)
    Chain.objects.filter(id=chain.id).update(length=F("length") - 1)


@pytest.mark.parametrize(
    ("tamper", "sequence"),
    [
        (_change("data", {"x": 1}), 2),
        (_change("kind", "other"), 2),
        (_change("actor", "user:x"), 2),
        (_change("at", "2020-01-01T00:00:00Z"), 2),
        (_change("digest", bytes(32)), 2),
        (_delete(2), 2),
        (_delete(1), 1),
        (_swap, 2),
        (_insert, 2),
        (_cut, None),
        (_cut_and_shorten, None),
    ],
    ids=["data", "kind", "actor", "at", "digest", "deleted", "first", "swapped", "inserted", "cut", "shortened"],
)
def test_the_first_touched_event_is_named(tamper: Callable[[Chain], None], sequence: int | None, acme: House) -> None:
    chain = _chain(acme)
    last = chain.length
    assert list(filter(None, verify_chains())) == []
    tamper(chain)
    chain.refresh_from_db()
    found = first_broken(chain)
    assert found is not None
    assert found.sequence in ({sequence} if sequence else {last, last - 1})
    assert found.subject == str(chain)
    assert [each for each in verify_chains() if each] == [found]
