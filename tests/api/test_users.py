"""POST users: the answer, the row and the journal."""

import pytest

from sigillo.journal.models import Event
from sigillo.organizations.models import User
from tests.api.calling import assert_refused, post
from tests.support.world import House

PATH = "/api/v1/acme/users"


def test_user_is_created_in_one_step_with_its_event(acme: House) -> None:
    answer = post(acme.owner, PATH, {"id": "mdo", "first_name": "Łukasz", "last_name": "王", "automatic": True})
    assert answer.status == 201
    assert answer.body["meta"] == {"code": 200}
    row = User.objects.get(handle="mdo")
    assert (row.organization_id, row.first_name, row.automatic, row.owner) == (
        acme.organization.id,
        "Łukasz",
        True,
        False,
    )
    event = Event.objects.get(kind="user.created")
    assert event.data["user"] == str(row.id)
    assert "Łukasz" not in str(event.data)


def test_whole_model_of_a_client_library_is_accepted(acme: House) -> None:
    made = post(acme.owner, PATH, {"id": "first", "email": "f@example.org"}).data
    answer = post(acme.owner, PATH, made | {"id": "second", "wallet": [{"id": "anything"}]})
    assert answer.status == 201
    assert answer.data["wallet"] == []


def test_same_id_in_another_house_is_another_user(acme: House, bravo: House) -> None:
    assert post(acme.owner, PATH, {"id": "mdo"}).status == 201
    assert post(bravo.owner, "/api/v1/bravo/users", {"id": "mdo"}).status == 201
    assert_refused(post(acme.owner, PATH, {"id": "mdo"}), 409, "user_exists", "mdo")
    assert User.objects.filter(handle="mdo").count() == 2


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({}, "missing_field", "id"),
        ({"id": None}, "invalid_value", "id"),
        ({"id": ""}, "invalid_user_id", "id"),
        ({"id": "@group"}, "invalid_user_id", "@"),
        ({"id": "a/b"}, "invalid_user_id", "slash"),
        ({"id": "x" * 151}, "invalid_value", "150"),
        ({"id": "x", "email": "nonsense"}, "invalid_email", "email"),
        ({"id": "x", "first_name": "a\0b"}, "nul_character", "first_name"),
        ({"id": "x", "owner": "yes"}, "invalid_value", "owner"),
        ({"id": "x", "is_superuser": True}, "unknown_field", "is_superuser"),
        ({"id": "x", "organization": "bravo"}, "unknown_field", "organization"),
    ],
)
def test_bad_bodies_leave_nothing_behind(body: dict[str, object], code: str, word: str, acme: House) -> None:
    before = User.objects.count()
    assert_refused(post(acme.owner, PATH, body), 400, code, word)
    assert User.objects.count() == before
    assert not Event.objects.filter(kind="user.created").exists()


def test_only_an_owner_makes_an_owner(acme: House) -> None:
    for actor in (acme.rao, acme.user, acme.automatic):
        assert_refused(post(actor, PATH, {"id": "x", "owner": True}), 403, "not_permitted")
