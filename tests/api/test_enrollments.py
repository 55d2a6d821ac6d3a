"""Enrollment requests over HTTP: whole models as SDKs send them, lists with filters, and nothing beyond one's own."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sigillo.identities.models import Enrollment, Identity
from sigillo.messages.models import Message
from sigillo.organizations.models import User
from tests.api.bodies import ENROLLED, enroll_body
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.support.world import Actor, House

ENROLL = "/api/v1/acme/enroll"
LIST = "/api/v1/acme/identity-requests"
EMPTY = {"Content-Type": "application/json"}


def _enroll(house: House, user: str, provider_id: str = "st-approval", **data: object) -> Any:
    body = enroll_body(user=user, provider_id=provider_id, provider_data=ENROLLED | data)
    answer = post(house.rao, f"/api/v1/{house.organization.slug}/enroll", body)
    assert answer.status == 201, answer.content
    return answer.data


def _users(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.content
    return sorted(item["user"] for item in answer.data)


def test_a_whole_model_may_be_sent_back_and_decides_nothing(acme: House) -> None:
    """An SDK sends every key that it knows; what only answers carry is ignored."""
    shown = _enroll(acme, "ugo")
    whole = shown | {"user": "jdo", "status": "active", "created_by": "somebody@else", "identity": shown["identity"]}
    answer = post(acme.rao, ENROLL, whole)
    assert answer.status == 201, answer.content
    assert (answer.data["status"], answer.data["created_by"], answer.data["user"]) == ("pending", "rita@acme", "jdo")
    assert answer.data["id"] != shown["id"]
    assert answer.data["identity"] != shown["identity"]
    assert answer.data["enroll_ticket"] != shown["enroll_ticket"]


@pytest.mark.parametrize("key", ["owner", "rao", "automatic", "organization", "certificate", "sealed_key", "ticket"])
def test_nothing_else_can_be_set(acme: House, key: str) -> None:
    users = User.objects.count()
    assert_refused(post(acme.rao, ENROLL, enroll_body() | {key: True}), 400, "unknown_field", key)
    data = ENROLLED | {key: "true"}
    assert_refused(post(acme.rao, ENROLL, enroll_body(provider_data=data)), 400, "unknown_provider_field", key)
    assert (User.objects.count(), Enrollment.objects.count(), Identity.objects.count()) == (users, 0, 0)


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({"provider_id": "sms"}, "missing_field", "user"),
        (enroll_body(provider_id=None), "invalid_value", "provider_id"),
        (enroll_body(label="x" * 201), "invalid_value", "label"),
        (enroll_body(provider_data={"a": {"b": 1}}), "invalid_value", "provider_data"),
        (enroll_body(user="a\0b"), "nul_character", "user"),
        (enroll_body(registered_by="a\0b"), "nul_character", "registered_by"),
        (enroll_body(provider_data=ENROLLED | {"first_name": "a\0b"}), "nul_character", "first_name"),
        (enroll_body(user="x" * 151), "invalid_value", "user"),
        (enroll_body(urlback="https://x/" + "y" * 2000), "invalid_value", "urlback"),
    ],
)
def test_bad_bodies_leave_nothing_behind(acme: House, body: dict[str, object], code: str, word: str) -> None:
    users = User.objects.count()
    assert_refused(post(acme.rao, ENROLL, body), 400, code, word)
    assert (User.objects.count(), Enrollment.objects.count(), Message.objects.count()) == (users, 0, 0)


def test_null_is_absent(acme: House) -> None:
    body = enroll_body(provider_id="st-approval", label=None, registered_by=None, urlback=None)
    answer = post(acme.rao, ENROLL, body)
    assert (answer.data["label"], answer.data["registered_by"], answer.data["urlback"]) == ("", None, None)


@pytest.mark.parametrize(
    ("query", "users"),
    [
        ("", ["jdo", "new", "ugo"]),
        ("?where_provider=sms", ["new"]),
        ("?where_provider__in=sms,st-approval", ["jdo", "new", "ugo"]),
        ("?where_user=ugo", ["ugo"]),
        ("?where_first_name=John", ["new"]),
        ("?where_last_name__icontains=%CE%99%CF%89%CE%AC", ["jdo", "ugo"]),
        ("?where_fiscal_code=RSSMRA80A01H501U", ["ugo"]),
        ("?where_fiscal_code__isnull=true", ["jdo", "new"]),
        ("?where_registered_by=rita", []),
        ("?where_registered_by__isnull=true&where_user__startswith=j", ["jdo"]),
    ],
)
def test_filters(acme: House, bravo: House, query: str, users: list[str]) -> None:
    _enroll(acme, "ugo", fiscal_code="rssmra80a01h501u")
    _enroll(acme, "jdo")
    _enroll(acme, "new", "sms")
    _enroll(bravo, "ugo", fiscal_code="RSSMRA80A01H501U")
    assert _users(get(acme.owner, f"{LIST}{query}")) == users


def test_pages_and_order(acme: House) -> None:
    for user in ("b", "a", "c"):
        _enroll(acme, user)
    newest_first = [item["user"] for item in get(acme.owner, LIST).data]
    assert newest_first == ["c", "a", "b"]
    answer = get(acme.owner, f"{LIST}?where_order=user&count=2&page=2")
    assert [item["user"] for item in answer.data] == ["c"]
    assert answer.body["pagination"]["count"] == 3
    assert_refused(get(acme.owner, f"{LIST}?count=2&page=3"), 404, "page_not_found")
    send(acme.owner, "DELETE", f"{LIST}/{answer.data[0]['id']}", b"", **EMPTY)
    assert get(acme.owner, LIST).body["pagination"]["count"] == 2


def test_everybody_sees_his_own(acme: House, bravo: House) -> None:
    for user in ("ugo", "jdo", "robot-keeper"):
        _enroll(acme, user)
    _enroll(bravo, "ugo")
    seen: dict[str, list[str]] = {
        "owner": ["jdo", "robot-keeper", "ugo"],
        "rao": ["jdo", "robot-keeper", "ugo"],
        "user": ["ugo"],
        "automatic": [],
    }
    for role, users in seen.items():
        actor: Actor = getattr(acme, role)
        assert _users(get(actor, LIST)) == users
    assert _users(get(acme.rao, "/api/v1/acme/users/ugo/identity-requests")) == ["ugo"]
    assert_refused(get(acme.user, "/api/v1/acme/users/jdo/identity-requests"), 404, "user_not_found")
    assert_refused(get(acme.rao, "/api/v1/acme/users/only-bravo/identity-requests"), 404, "user_not_found")


def test_a_page_costs_the_same_however_long(acme: House) -> None:
    _enroll(acme, "first")
    get(acme.owner, LIST)
    costs = []
    for more in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert get(acme.owner, LIST).status == 200
        costs.append(len(queries))
        for number in range(4):
            _enroll(acme, f"{more}-{number}")
    assert costs[0] == costs[1]


def test_an_empty_body_is_no_obstacle_where_nothing_is_asked(acme: House) -> None:
    """SDKs say that they send JSON, and send nothing."""
    for action, status in (("approve", 200), ("refuse", 200)):
        request = _enroll(acme, f"by-{action}")
        assert send(acme.rao, "POST", f"{LIST}/{request['id']}/{action}", b"", **EMPTY).status == status
        answer = send(acme.rao, "DELETE", f"{LIST}/{request['id']}", b"", **EMPTY)
        assert (answer.status, answer.body) == (200, {"meta": {"code": 200}, "data": None})


def test_what_answers_say_of_a_request_that_is_over(acme: House) -> None:
    request = _enroll(acme, "ugo")
    assert (request["next"], request["actions"]["send_otp"]) == (request["enroll_ticket"], None)
    done = send(acme.rao, "POST", f"{LIST}/{request['id']}/approve", b"", **EMPTY).data
    assert (done["status"], done["next"], done["actions"]) == ("active", None, {"send_otp": None, "activate": None})
    assert done["enroll_ticket"] == request["enroll_ticket"]
