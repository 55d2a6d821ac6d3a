"""POST tokens: a value that works, and secrets that do not come back."""

import pytest

from sigillo.credentials.models import Token
from sigillo.journal.models import Event
from tests.api.calling import assert_refused, get, post
from tests.support.world import Actor, House

PATH = "/api/v1/acme/tokens"


def test_value_opens_the_door_as_its_user(acme: House) -> None:
    answer = post(acme.owner, PATH, {"user": "ugo", "label": "batch"})
    assert (answer.status, answer.data["user"], answer.data["created_by"]) == (201, "ugo", "jdo@acme")
    actor = Actor(user=acme.user.user, token=answer.data["value"])
    assert get(actor, "/api/v1/acme/signature-transactions").status == 200
    assert_refused(post(actor, "/api/v1/acme/users", {"id": "x"}), 403, "not_permitted")
    assert Event.objects.get(kind="token.created").data["token"] == answer.data["id"]


def test_value_is_not_in_the_database(acme: House) -> None:
    value = post(acme.owner, PATH, {}).data["value"]
    for row in Token.objects.values_list("sealed_value", "label", "sealed_http_options"):
        assert value not in str(row)


def test_secrets_of_http_options_are_masked(acme: House) -> None:
    options = {
        "auth_username": "me",
        "auth_password": "s3cret-1",
        "auth_mode": "basic",
        "headers": {"X-Key": "s3cret-2"},
    }
    answer = post(acme.owner, PATH, {"http_options": options})
    assert answer.status == 201
    assert b"s3cret" not in answer.content
    assert answer.data["http_options"]["auth_password"] == "********"
    assert answer.data["http_options"]["auth_username"] == "me"
    assert "s3cret" not in str(list(Token.objects.values()))


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"webhooks": {"dst": "javascript:alert(1)"}}, "invalid_address", "webhooks.dst"),
        ({"webhooks": {"other": "https://x"}}, "unknown_field", "webhooks.other"),
        ({"http_options": {"verify": False}}, "unknown_field", "http_options.verify"),
        ({"http_options": {"headers": {"X": 5}}}, "invalid_value", "http_options.headers"),
        ({"label": 5}, "invalid_value", "label"),
    ],
)
def test_bad_bodies_leave_nothing_behind(body: dict[str, object], code: str, word: str, acme: House) -> None:
    before = Token.objects.count()
    assert_refused(post(acme.owner, PATH, body), 400, code, word)
    assert Token.objects.count() == before


def test_nobody_gets_a_token_for_somebody_else(acme: House, bravo: House) -> None:
    assert_refused(post(acme.user, PATH, {"user": "jdo"}), 403, "not_your_token")
    assert_refused(post(acme.owner, PATH, {"user": "stranger"}), 404, "user_not_found")
    assert_refused(post(bravo.owner, PATH, {"user": "ugo"}), 403, "foreign_organization")


def test_whole_model_of_a_client_library_is_accepted(acme: House) -> None:
    made = post(acme.owner, PATH, {"user": "ugo"}).data
    again = post(acme.owner, PATH, made)
    assert again.status == 201
    assert (again.data["id"], again.data["value"]) != (made["id"], made["value"])
