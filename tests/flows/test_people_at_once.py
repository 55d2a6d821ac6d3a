"""Two changes to one organization's people, tokens or groups at once: the second sees what the first has done."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from sigillo.base.errors import Invalid, NotFound, SigilloError
from sigillo.credentials.models import Token
from sigillo.flows.create_token import http_options_of
from sigillo.flows.edit_user import edit_user
from sigillo.flows.groups import add_member, create_group, delete_group, edit_group, read_group
from sigillo.flows.organization import edit_organization
from sigillo.flows.tokens import delete_token, edit_token
from sigillo.journal.models import Event
from sigillo.organizations.models import Group, Membership, Organization, User
from sigillo.organizations.tally import Counted, total
from tests.support.world import House

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL_IT_WAITS = 0.15
"""Seconds in which the second change comes to where it has to wait, or does its harm."""


def at_once(first: Callable[[], object], second: Callable[[], object]) -> SigilloError | None:
    """Begin `second` when `first` is done and not committed; what it was refused with, None where it was not."""
    refusals: list[SigilloError] = []
    done: list[bool] = []

    def run() -> None:
        try:
            second()
            done.append(True)
        except SigilloError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(UNTIL_IT_WAITS)
    thread.join()
    assert done or refusals, "the second change failed in another way; see its traceback"
    return refusals[0] if refusals else None


def said(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def members(house: House, name: str) -> set[str]:
    return {user.handle for user in read_group(house.owner.principal, name).members.all()}


def test_two_owners_cannot_disable_each_other(acme: House) -> None:
    User.objects.filter(id=acme.rao.user.id).update(owner=True)
    one, other = acme.owner.principal, acme.rao.principal
    refusal = at_once(
        lambda: edit_user(one, "rita", {"status": "disabled"}),
        lambda: edit_user(other, "jdo", {"status": "disabled"}),
    )
    assert isinstance(refusal, Invalid)
    assert refusal.code == "last_owner"
    enabled = User.objects.filter(organization=acme.organization, owner=True, status="enabled")
    assert ([user.handle for user in enabled], said("user.edited")) == (["jdo"], 1)


def test_two_edits_of_a_user_lose_nothing(acme: House) -> None:
    owner, user = acme.owner.principal, acme.user.principal
    first, second = {"rao": True, "first_name": "A"}, {"first_name": "B", "email": "b@acme.example"}
    assert at_once(lambda: edit_user(owner, "ugo", first), lambda: edit_user(user, "ugo", second)) is None
    row = User.objects.get(id=acme.user.user.id)
    assert (row.rao, row.first_name, row.email, said("user.edited")) == (True, "B", "b@acme.example", 2)


def test_two_edits_of_an_organization_lose_nothing(acme: House) -> None:
    owner = acme.owner.principal
    first, second = {"name": "A", "dst_default_months": 5}, {"name": "B", "default_rao": "rita"}
    assert at_once(lambda: edit_organization(owner, first), lambda: edit_organization(owner, second)) is None
    row = Organization.objects.get(id=acme.organization.id)
    assert (row.name, row.dst_default_months, row.default_rao) == ("B", 5, acme.rao.user)
    assert said("organization.edited") == 2


def test_two_edits_of_a_token_lose_nothing(acme: House) -> None:
    owner, key = acme.owner.principal, acme.user.principal.credential_id
    basic = {"auth_username": "jdo", "auth_password": "s3cret"}
    refusal = at_once(
        lambda: edit_token(owner, key, http_options=basic, webhooks={"dst": "https://a.example/"}),
        lambda: edit_token(
            owner, key, http_options={"headers": {"X": "1"}}, webhooks={"identity": "https://b.example/"}
        ),
    )
    assert refusal is None
    assert http_options_of(key) == {**basic, "headers": {"X": "1"}}
    assert Token.objects.get(id=key).webhooks == {"dst": "https://a.example/", "identity": "https://b.example/"}
    assert said("token.edited") == 2


@pytest.mark.parametrize("second", [delete_token, lambda owner, key: edit_token(owner, key, label="New")])
def test_a_token_is_deleted_once(second: Callable[..., object], acme: House) -> None:
    owner, key = acme.owner.principal, acme.user.principal.credential_id
    before = total(acme.organization.id, Counted.TOKENS)
    refusal = at_once(lambda: delete_token(owner, key), lambda: second(owner, key))
    assert isinstance(refusal, NotFound)
    assert not Token.objects.filter(id=key).exists()
    assert total(acme.organization.id, Counted.TOKENS) == before - 1
    assert (said("token.deleted"), said("token.edited")) == (1, 0)


def test_of_two_lists_of_members_the_second_holds(acme: House) -> None:
    owner = acme.owner.principal
    create_group(owner, "legal", ["jdo"])
    first, second = ["rita", "ugo"], ["ugo", "robot"]
    assert (
        at_once(lambda: edit_group(owner, "legal", None, first), lambda: edit_group(owner, "legal", None, second))
        is None
    )
    assert (members(acme, "legal"), said("group.edited")) == ({"ugo", "robot"}, 2)


def test_one_member_is_added_once(acme: House) -> None:
    owner = acme.owner.principal
    create_group(owner, "legal")
    assert at_once(lambda: add_member(owner, "legal", "ugo"), lambda: add_member(owner, "legal", "ugo")) is None
    assert (Membership.objects.count(), said("group.member_added")) == (1, 1)


@pytest.mark.parametrize(
    "second",
    [
        lambda owner: delete_group(owner, "legal"),
        lambda owner: add_member(owner, "legal", "ugo"),
        lambda owner: edit_group(owner, "legal", "law", ["ugo"]),
    ],
)
def test_a_group_that_is_deleted_meanwhile_is_not_there(second: Callable[..., object], acme: House) -> None:
    owner = acme.owner.principal
    create_group(owner, "legal", ["jdo"])
    assert isinstance(at_once(lambda: delete_group(owner, "legal"), lambda: second(owner)), NotFound)
    assert not Group.objects.exists()
    assert said("group.deleted") == 1


def test_a_name_is_given_once(acme: House) -> None:
    owner = acme.owner.principal
    create_group(owner, "legal")
    refusal = at_once(lambda: create_group(owner, "law"), lambda: edit_group(owner, "legal", "law", ["ugo"]))
    assert refusal is not None
    assert refusal.code == "group_exists"
    assert (members(acme, "legal"), members(acme, "law"), said("group.edited")) == (set(), set(), 0)
