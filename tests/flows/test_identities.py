"""Which identity of a wallet signs, and what a wallet and a token keep of what they were told."""

from datetime import timedelta

import pytest

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid
from sigillo.flows.perform import perform_automatic
from sigillo.identities.access import get_usable
from sigillo.identities.models import Identity
from sigillo.secrets.passwords import hash_password
from sigillo.transactions.models import Revision
from tests.flows.stories import PASSWORD, give_identity, kinds, ready, signatures
from tests.support.world import House


def test_a_certificate_out_of_date_gives_way_to_the_next_in_date(acme: House) -> None:
    in_date, expired = give_identity(acme), give_identity(acme)
    Identity.objects.filter(id=expired).update(not_after=now() - timedelta(seconds=1))
    row = ready(acme)
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert (signatures(row)[0].status, signatures(row)[0].identity_id) == ("performed", in_date)


def test_without_a_certificate_in_date_nothing_is_signed(acme: House) -> None:
    give_identity(acme)
    Identity.objects.update(not_after=now() - timedelta(seconds=1))
    row = ready(acme)
    before = kinds(row)
    with pytest.raises(Invalid, match="in date"):
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert (kinds(row), Revision.objects.count()) == (before, 1)
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("pending", None)


def test_usable_is_active_and_in_date_newest_first(acme: House, bravo: House) -> None:
    first, second = give_identity(acme), give_identity(acme)
    give_identity(bravo)
    user = acme.automatic.user
    assert [row.id for row in get_usable(user, now())] == [second, first]
    end = Identity.objects.get(id=second).not_after
    assert end
    Identity.objects.filter(id=first).update(not_after=end + timedelta(days=1))
    assert [row.id for row in get_usable(user, end)] == [first]
    for status in (Identity.Status.PENDING, Identity.Status.ERROR):
        Identity.objects.filter(id=first).update(status=status)
        assert [row.id for row in get_usable(user, now())] == [second]


def test_a_right_password_forgets_the_wrong_ones_before_it(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    Identity.objects.update(failed_attempts=4)
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert Identity.objects.get().failed_attempts == 0


def test_a_password_that_was_verified_is_refused_once_another_is_set(acme: House) -> None:
    give_identity(acme)
    first = ready(acme)
    perform_automatic(acme.owner.principal, signatures(first)[0].id, PASSWORD)
    Identity.objects.update(password_hash=hash_password("another"))
    row = ready(acme)
    with pytest.raises(Forbidden, match="not that of"):
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    assert (signatures(row)[0].status, Identity.objects.get().failed_attempts) == ("pending", 1)
    assert Revision.objects.filter(document__transaction=row).count() == 1
