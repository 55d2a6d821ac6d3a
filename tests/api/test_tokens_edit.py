"""GET, PUT and DELETE of tokens: whose they are, what is shown of them, and what an edit keeps."""

import pytest
from pytest_django import Settings

from sigillo.credentials.models import Token
from sigillo.flows.create_token import http_options_of
from sigillo.journal.models import Event
from sigillo.organizations.tally import Counted, total
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.support.client_keys import client_cert, client_key
from tests.support.world import Actor, House

PATH = "/api/v1/acme/tokens"
MASK = "********"
SECRETS = ("s3cret", "Bit-4-Id")
OPTIONS = {
    "headers": {"Content-Type": "application/json", "X-Key": "s3cret"},
    "auth_username": "jdo",
    "auth_password": "Bit-4-Id",
    "auth_mode": "digest",
}
HOOKS = {"identity": "https://host-name/identity", "dst": "https://host-name/dst"}


def put(actor: Actor | None, key: str, body: object) -> Answer:
    return send(actor, "PUT", f"{PATH}/{key}", body)


def key_of(actor: Actor) -> str:
    return str(actor.principal.credential_id)


def make(house: House, **body: object) -> str:
    """A token of `ugo` with everything on it."""
    options = {**OPTIONS, "client_key": client_key(), "client_cert": client_cert()}
    answer = post(
        house.owner, PATH, {"user": "ugo", "label": "batch", "webhooks": HOOKS, "http_options": options} | body
    )
    assert answer.status == 201, answer.content
    return str(answer.data["id"])


def rows() -> list[dict[str, object]]:
    return [{**row} for row in Token.objects.order_by("pk").values()]


def edits() -> list[list[str]]:
    return [event.data["fields"] for event in Event.objects.filter(kind="token.edited").order_by("sequence")]


def test_owners_list_all_tokens_and_others_their_own(acme: House, bravo: House) -> None:
    answer = get(acme.owner, PATH)
    assert sorted(token["user"] for token in answer.data) == ["gone", "jdo", "only-acme", "rita", "robot", "ugo"]
    assert answer.body["pagination"]["count"] == 6
    for actor, handle in ((acme.rao, "rita"), (acme.user, "ugo"), (acme.automatic, "robot")):
        for path in (PATH, f"/api/v1/acme/users/{handle}/tokens"):
            answer = get(actor, path)
            assert [token["user"] for token in answer.data] == [handle]
            assert answer.body["pagination"]["count"] == 1
        assert get(actor, f"{PATH}/{key_of(actor)}").data == answer.data[0]
        assert_refused(get(actor, "/api/v1/acme/users/jdo/tokens"), 404, "user_not_found")
        assert get(actor, f"{PATH}?where_user=jdo").data == []
        assert_refused(get(actor, f"{PATH}/{key_of(acme.owner)}"), 404, "token_not_found")
    assert_refused(get(acme.owner, "/api/v1/acme/users/only-bravo/tokens"), 404, "user_not_found")
    assert_refused(get(acme.owner, f"{PATH}/{key_of(bravo.owner)}"), 404, "token_not_found")
    assert_refused(get(bravo.owner, PATH), 403, "foreign_organization")
    assert_refused(get(None, PATH), 401, "no_credential")


def test_newest_first_filtered_and_in_pages(acme: House) -> None:
    made = [make(acme, label=label) for label in ("a", "b", "ab")]
    assert [token["id"] for token in get(acme.user, f"{PATH}?count=2").data] == made[:0:-1]
    found = get(acme.owner, f"{PATH}?where_user=ugo&where_label__startswith=a&where_order=label").data
    assert [token["label"] for token in found] == ["a", "ab"]
    assert_refused(get(acme.owner, f"{PATH}?where_value=x"), 400, "unknown_filter", "where_value")
    assert_refused(get(acme.owner, f"{PATH}?page=3&count=9"), 404, "page_not_found")


def test_the_value_is_shown_to_its_user_and_to_owners_and_other_secrets_to_nobody(acme: House) -> None:
    key = make(acme)
    for actor in (acme.owner, acme.user):
        answer = get(actor, f"{PATH}/{key}")
        assert get(Actor(user=acme.user.user, token=answer.data["value"]), PATH).status == 200
        assert answer.data["webhook_secret"].startswith("whsec_")
        assert answer.data | {"value": "", "webhook_secret": ""} == {
            "id": key,
            "webhook_secret": "",
            "webhooks_disabled": {"dst": None, "identity": None},
            "value": "",
            "user": "ugo",
            "webhooks": HOOKS,
            "http_options": OPTIONS
            | {"headers": {"Content-Type": "application/json", "X-Key": MASK}, "auth_password": MASK}
            | {"client_key": MASK, "client_cert": client_cert()},
            "label": "batch",
            "created_by": "jdo@acme",
        }
        for content in (answer.content, get(actor, PATH).content, get(actor, "/api/v1/acme/users/ugo/tokens").content):
            assert not any(secret.encode() in content for secret in (*SECRETS, client_key()[:40]))


def test_where_values_are_shown_once_only_the_answer_that_issues_one_has_it(acme: House, settings: Settings) -> None:
    settings.SIGILLO_TOKENS_SHOW_ONCE = True
    issued = post(acme.owner, PATH, {"user": "ugo"}).data
    assert get(Actor(user=acme.user.user, token=issued["value"]), PATH).status == 200
    key = issued["id"]
    shown = [get(acme.user, f"{PATH}/{key}").data, put(acme.owner, key, {"label": "x"}).data]
    shown += get(acme.owner, PATH).data + get(acme.owner, "/api/v1/acme/users/ugo/tokens").data
    assert {token["value"] for token in shown} == {MASK}
    assert put(acme.owner, key, shown[1]).data == shown[1]
    assert edits() == [["label"]]


def test_an_edit_changes_what_is_sent_and_nothing_else(acme: House, bravo: House) -> None:
    key = make(acme)
    before = rows()
    answer = put(acme.user, key, {"label": "night", "webhooks": {"dst": "https://new.example/"}})
    assert answer.status == 200
    assert (answer.data["label"], answer.data["webhooks"]) == ("night", HOOKS | {"dst": "https://new.example/"})
    assert answer.data == get(acme.owner, f"{PATH}/{key}").data
    changed = {"label": "night", "webhooks": HOOKS | {"dst": "https://new.example/"}}
    assert rows() == [row | (changed if str(row["id"]) == key else {}) for row in before]
    assert edits() == [["label", "webhooks"]]
    event = Event.objects.get(kind="token.edited")
    assert (event.actor, event.data["token"]) == (f"user:{acme.user.user.id}", key)


def test_options_are_changed_one_by_one_and_headers_as_a_whole(acme: House) -> None:
    key = make(acme)
    assert put(acme.owner, key, {"http_options": {"auth_password": "new", "headers": None}}).status == 200
    held = {**OPTIONS, "client_key": client_key(), "client_cert": client_cert(), "auth_password": "new"}
    assert http_options_of(Token.objects.get(id=key).id) == held
    put(acme.owner, key, {"http_options": {"headers": {"X-Key": MASK, "X-New": "1"}}})
    assert http_options_of(Token.objects.get(id=key).id) == held | {"headers": {"X-Key": "s3cret", "X-New": "1"}}
    put(acme.owner, key, {"http_options": {"headers": {}, "client_key": "", "client_cert": ""}})
    kept = {"auth_username": "jdo", "auth_password": "new", "auth_mode": "digest"}
    assert http_options_of(Token.objects.get(id=key).id) == kept
    answer = put(acme.owner, key, {"http_options": dict.fromkeys(kept, "")})
    assert answer.data["http_options"] == {"headers": {}} | dict.fromkeys((*kept, "client_key", "client_cert"))
    assert Token.objects.get(id=key).sealed_http_options == ""
    assert edits() == [["http_options"]] * 4


def test_null_leaves_and_an_empty_text_takes_away(acme: House) -> None:
    key = make(acme)
    before = rows()
    nothing = {"webhooks": dict.fromkeys(HOOKS), "http_options": dict.fromkeys((*OPTIONS, "client_key", "client_cert"))}
    bodies: list[object] = [{}, dict.fromkeys(("label", *nothing)), nothing, {"webhooks": {}, "http_options": {}}]
    for body in bodies:
        assert put(acme.owner, key, body).status == 200
    assert (rows(), edits()) == (before, [])
    answer = put(acme.owner, key, {"label": "", "webhooks": {"dst": ""}})
    assert (answer.data["label"], answer.data["webhooks"]) == ("Signing Today Token", HOOKS | {"dst": None})
    assert edits() == [["label", "webhooks"]]


@pytest.mark.parametrize("options", [{"auth_username": "x", "auth_password": MASK}, {"headers": {"X-Key": MASK}}])
def test_a_mask_with_no_secret_behind_it_is_refused(options: dict[str, object], acme: House) -> None:
    """It would go out as a password of eight stars."""
    before = rows()
    name = "headers.X-Key" if "headers" in options else "auth_password"
    for answer in (
        post(acme.owner, PATH, {"http_options": options}),
        put(acme.owner, key_of(acme.user), {"http_options": options, "label": "x"}),
    ):
        assert_refused(answer, 400, "masked_secret", f"http_options.{name}")
    assert (rows(), edits()) == (before, [])


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"webhooks": {"dst": "javascript:alert(1)"}}, "invalid_address", "webhooks.dst"),
        ({"webhooks": {"identity": "https://me:s3cret@a.example/"}}, "outbound_userinfo", "webhooks.identity"),
        ({"webhooks": {"other": ""}}, "unknown_field", "webhooks.other"),
        ({"webhooks": ""}, "invalid_value", "webhooks"),
        ({"http_options": {"auth_username": ""}}, "fetch_options", "auth_username"),
        ({"http_options": {"client_key": ""}}, "fetch_options", "client_key"),
        ({"http_options": {"client_cert": "s3cret"}}, "fetch_options", "client_cert"),
        ({"http_options": {"auth_mode": "ntlm"}}, "fetch_options", "auth_mode"),
        ({"http_options": {"headers": {"Host": "s3cret"}}}, "fetch_options", "headers.Host"),
        ({"http_options": {"verify": False}}, "unknown_field", "http_options.verify"),
        ({"label": "x" * 201}, "invalid_value", "label"),
        ({"lookup": "x"}, "unknown_field", "lookup"),
        ({"sealed_value": "x"}, "unknown_field", "sealed_value"),
    ],
)
def test_what_does_not_fit_changes_nothing(body: dict[str, object], code: str, word: str, acme: House) -> None:
    key = make(acme)
    before = rows()
    answer = put(acme.owner, key, body if "label" in body else {"label": "New"} | body)
    assert_refused(answer, 400, code, word)
    assert "s3cret" not in answer.message
    assert (rows(), edits()) == (before, [])


def test_tokens_of_others_are_not_there(acme: House, bravo: House) -> None:
    key = make(acme)
    before = rows()
    for actor in (acme.rao, acme.automatic):
        for method, body in (("GET", None), ("PUT", {"label": "x"}), ("DELETE", None)):
            assert_refused(send(actor, method, f"{PATH}/{key}", body), 404, "token_not_found")
    for method, body in (("GET", None), ("PUT", {"label": "x"}), ("DELETE", None)):
        assert_refused(send(bravo.owner, method, f"{PATH}/{key}", body), 403, "foreign_organization")
        assert_refused(send(bravo.owner, method, f"/api/v1/bravo/tokens/{key}", body), 404, "token_not_found")
        assert_refused(send(None, method, f"{PATH}/{key}", body), 401, "no_credential")
        for other in ("nonsense", "00000000-0000-4000-8000-000000000000"):
            assert_refused(send(acme.owner, method, f"{PATH}/{other}", body), 404, "token_not_found")
    assert (rows(), edits()) == (before, [])


def test_a_deleted_token_is_unknown_from_the_next_request_on(acme: House, bravo: House) -> None:
    before = {house.organization.slug: total(house.organization.id, Counted.TOKENS) for house in (acme, bravo)}
    key = key_of(acme.user)
    answer = send(acme.user, "DELETE", f"{PATH}/{key}", "", Content_Type="application/json")
    assert (answer.status, answer.body) == (200, {"meta": {"code": 200}, "data": None})
    assert_refused(get(acme.user, PATH), 401, "invalid_token")
    assert_refused(send(acme.owner, "DELETE", f"{PATH}/{key}"), 404, "token_not_found")
    assert not Token.objects.filter(id=key).exists()
    assert total(acme.organization.id, Counted.TOKENS) == before["acme"] - 1
    assert total(bravo.organization.id, Counted.TOKENS) == before["bravo"]
    assert get(acme.owner, PATH).body["pagination"]["count"] == before["acme"] - 1
    event = Event.objects.get(kind="token.deleted")
    assert event.data == {"token": key, "user": str(acme.user.user.id)}
