"""What is counted with every change equals what there is, and is filled in where nobody counted."""

from collections.abc import Iterator

import pytest
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.credentials.models import Token
from sigillo.flows.close_transaction import delete_transaction
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.create_user import NewUser, create_user
from sigillo.flows.enrollments import delete_enrollment
from sigillo.flows.groups import create_group, delete_group
from sigillo.flows.identities import delete_identity
from sigillo.flows.tokens import delete_token
from sigillo.identities.models import Enrollment, Identity
from sigillo.messages.models import Message
from sigillo.organizations.models import Group, Tally, User
from sigillo.organizations.tally import Counted, count_in, total
from sigillo.transactions.models import Document, Signature, Transaction
from tests.api.calling import get
from tests.api.test_listing import make
from tests.api.test_lists import identity
from tests.flows.stories import begin, give_identity, request_identity
from tests.support.world import House, make_house

MODELS: dict[Counted, type[models.Model]] = {
    Counted.USERS: User,
    Counted.GROUPS: Group,
    Counted.TOKENS: Token,
    Counted.IDENTITIES: Identity,
    Counted.ENROLLMENTS: Enrollment,
    Counted.TRANSACTIONS: Transaction,
    Counted.MESSAGES: Message,
}


def counted(house: House) -> dict[Counted, int]:
    return {what: total(house.organization.id, what) for what in Counted}


def there(house: House) -> dict[Counted, int]:
    """What COUNT(*) says, without what was deleted and stays as evidence."""
    found = {}
    for what, model in MODELS.items():
        rows = model._default_manager.filter(organization_id=house.organization.id)
        kept = any(field.name == "deleted_at" for field in model._meta.concrete_fields)
        found[what] = (rows.filter(deleted_at=None) if kept else rows).count()
    return found


def test_after_a_story_the_counts_are_those_of_the_rows(acme: House, bravo: House) -> None:
    before = counted(bravo)
    owner = acme.owner.principal
    for number in range(20):
        create_user(owner, NewUser(handle=f"u{number}"))
        create_group(owner, f"group {number}", members=["ugo", f"u{number}"])
    issued = [create_token(owner, NewToken(user="ugo")).token for _ in range(12)]
    for token in issued[:5]:
        delete_token(owner, token.id)
    for number in range(0, 20, 2):
        delete_group(owner, f"group {number}")
    kept, lost = give_identity(acme), give_identity(acme)
    delete_identity(owner, lost)
    begin(acme)
    delete_transaction(owner, begin(acme))
    request_identity(acme)
    delete_enrollment(owner, request_identity(acme, provider_id="st-approval").id)
    assert Identity.objects.filter(id=kept, deleted_at=None).exists()
    assert counted(acme) == there(acme)
    assert counted(acme) == {
        Counted.USERS: 26,
        Counted.GROUPS: 10,
        Counted.TOKENS: 13,
        Counted.IDENTITIES: 2,
        Counted.ENROLLMENTS: 1,
        Counted.TRANSACTIONS: 1,
        Counted.MESSAGES: 1,
    }
    assert counted(bravo) == before == there(bravo)


def test_the_total_of_a_list_is_the_count(acme: House) -> None:
    for path, what in (("users", Counted.USERS), ("tokens", Counted.TOKENS), ("groups", Counted.GROUPS)):
        with transaction.atomic():
            count_in(acme.organization.id, what, 1_000_000)
        answer = get(acme.owner, f"/api/v1/acme/{path}")
        assert answer.body["pagination"]["count"] == 1_000_000 + there(acme)[what]


def test_a_change_that_is_taken_back_is_not_counted(acme: House) -> None:
    before = counted(acme)
    with transaction.atomic():
        create_user(acme.owner.principal, NewUser(handle="mdo"))
        transaction.set_rollback(True)
    assert counted(acme) == before == there(acme)


def test_nobody_counts_outside_of_the_change(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        count_in(new_id(), Counted.USERS)


BEFORE = {"organizations": "0002", "identities": "0005", "transactions": "0003", "credentials": "0002"}


def migrate(targets: dict[str, str]) -> None:
    executor = MigrationExecutor(connection)
    named = [(app, executor.loader.get_migration_by_prefix(app, prefix).name) for app, prefix in targets.items()]
    executor.migrate(named or executor.loader.graph.leaf_nodes())


@pytest.fixture
def former(transactional_db: None) -> Iterator[tuple[House, House]]:
    """Two houses in the database as it was before lists had their indexes, with rows that hardly anybody counted."""
    houses = make_house("acme"), make_house("bravo")
    for house in houses:
        make(house, "one", house.automatic, house.user)
        identity(house.user, "seal", provider_id="sms")
        identity(house.user, "gone", provider_id="sms", deleted_at=now())
    make(houses[0], "two", houses[0].automatic)
    try:
        migrate(BEFORE)
        Tally.objects.all().delete()
        Tally.objects.create(organization=houses[0].organization, what="users", shard=3, count=1)
        yield houses
    finally:
        migrate({})


def test_a_database_of_before_is_counted_and_its_rows_take_over_their_organization(
    former: tuple[House, House],
) -> None:
    migrate({})
    for house in former:
        assert counted(house) == there(house)
        assert counted(house)[Counted.IDENTITIES] == 1
        for parts in (Document, Signature):
            mine = parts._default_manager.filter(organization_id=house.organization.id)
            assert mine.count() == mine.filter(transaction__organization_id=house.organization.id).count() > 0
    assert counted(former[0])[Counted.TRANSACTIONS] == 2
