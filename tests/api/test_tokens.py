"""POST tokens: a value that works, and secrets that do not come back."""

import pytest

from sigillo.credentials.models import Token
from sigillo.documents.fetch_options import options_from
from sigillo.flows.create_token import http_options_of
from sigillo.journal.models import Event
from tests.api.calling import assert_refused, get, post
from tests.support.client_keys import client_cert, client_key
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
        ({"webhooks": {"identity": "https://me:s3cret@a.example/"}}, "outbound_userinfo", "webhooks.identity"),
        ({"http_options": {"verify": False}}, "unknown_field", "http_options.verify"),
        ({"http_options": {"client_key": client_key(), "client_cert": client_key()}}, "fetch_options", "client_cert"),
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


def test_keys_and_certificates_are_taken_as_bare_base64_with_blanks(acme: House) -> None:
    options = {"client_key": client_key(), "client_cert": client_cert()}
    answer = post(acme.owner, PATH, {"http_options": options})
    assert answer.data["http_options"] == {"headers": {}} | dict.fromkeys(
        ("auth_username", "auth_password", "auth_mode")
    ) | {"client_key": "********", "client_cert": client_cert()}
    assert client_key()[:40] not in str(list(Token.objects.values()))
    held = http_options_of(Token.objects.get(id=answer.data["id"]).id)
    assert options_from(held, {}).client_certificate is not None


def test_an_empty_option_is_an_absent_one(acme: House) -> None:
    options = dict.fromkeys(("auth_username", "auth_password", "auth_mode", "client_key", "client_cert"), "")
    answer = post(acme.owner, PATH, {"http_options": options | {"headers": {}}, "webhooks": {"dst": ""}, "label": ""})
    assert answer.data["http_options"] == {"headers": {}} | dict.fromkeys(options)
    assert (answer.data["webhooks"], answer.data["label"]) == ({"identity": None, "dst": None}, "Signing Today Token")


def test_whole_model_of_a_client_library_is_accepted(acme: House) -> None:
    made = post(acme.owner, PATH, {"user": "ugo"}).data
    again = post(acme.owner, PATH, made)
    assert again.status == 201
    assert (again.data["id"], again.data["value"]) != (made["id"], made["value"])
