"""The log of webhooks over the API, and what an answer about a token says of them."""

import pytest
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries, Settings

from sigillo.base.clock import now
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.flows.claim_deliveries import claim_deliveries
from sigillo.flows.deliver import Outcome, conclude
from sigillo.flows.tokens import delete_token
from sigillo.journal.models import Event, Fact
from tests.api.calling import Answer, assert_refused, get, post, send
from tests.delivery.receivers import listening, receiver, secret, send_all
from tests.flows.stories import begin, ready
from tests.outbound.servers import reply
from tests.support.world import House

TOKENS = "/api/v1/acme/tokens"
LOG = "/api/v1/acme/webhooks/deliveries"
URL = "https://host.example/hook"


def _ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.content
    return [item["id"] for item in answer.data]


def _jobs() -> int:
    return sum(row.task["args"][0] == "deliver" for row in OrmQ.objects.all())


def test_the_secret_is_shown_like_the_value_of_its_token(acme: House, bravo: House) -> None:
    made = post(acme.user, TOKENS, {"webhooks": {"dst": URL}}).data
    assert made["webhook_secret"].startswith("whsec_")
    path = f"{TOKENS}/{made['id']}"
    for actor in (acme.user, acme.owner):
        assert get(actor, path).data == made
        assert made in get(actor, TOKENS).data
    assert get(acme.rao, path).status == 404
    assert get(bravo.owner, path.replace("acme", "bravo")).status == 404
    assert send(acme.user, "PUT", path, made).data == made, "what a client sends back is known and ignored"
    bare = send(acme.user, "PUT", path, {"webhooks": {"dst": ""}}).data
    assert bare["webhook_secret"] is None
    assert bare["webhooks"] == {"identity": None, "dst": None}


def test_where_values_are_shown_once_so_are_secrets(acme: House, settings: Settings) -> None:
    settings.SIGILLO_TOKENS_SHOW_ONCE = True
    made = post(acme.owner, TOKENS, {"webhooks": {"dst": URL}}).data
    assert made["webhook_secret"].startswith("whsec_")
    path = f"{TOKENS}/{made['id']}"
    assert get(acme.owner, path).data["webhook_secret"] == "********"
    again = send(acme.owner, "PUT", path, {"webhooks": {"dst": URL, "identity": URL}}).data
    assert again["webhook_secret"] == "********", "it is the same one"
    send(acme.owner, "PUT", path, {"webhooks": {"dst": "", "identity": ""}})
    assert get(acme.owner, path).data["webhook_secret"] is None
    fresh = send(acme.owner, "PUT", path, {"webhooks": {"dst": URL}}).data["webhook_secret"]
    assert fresh.startswith("whsec_")
    assert fresh != made["webhook_secret"]


def test_a_page_of_tokens_costs_no_query_for_each(
    acme: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(12):
        listening(acme.owner, dst=URL)
    with django_assert_max_num_queries(8):
        assert len(get(acme.owner, TOKENS).data) == 18


def test_a_token_says_which_webhook_is_disabled_until_it_is_set_again(acme: House) -> None:
    token = listening(acme.owner, dst=URL, identity=URL)
    path = f"{TOKENS}/{token.id}"
    assert get(acme.owner, path).data["webhooks_disabled"] == {"identity": None, "dst": None}
    moment = now()
    Endpoint.objects.filter(topic="dst").update(disabled_at=moment)
    shown = get(acme.owner, path).data["webhooks_disabled"]
    assert shown == {"identity": None, "dst": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    assert send(acme.owner, "PUT", path, {"label": "x"}).data["webhooks_disabled"] == shown
    again = send(acme.owner, "PUT", path, {"webhooks": {"dst": URL, "identity": URL}}).data
    assert again["webhooks_disabled"] == {"identity": None, "dst": None}


def test_the_log_is_filtered_ordered_and_of_one_house(acme: House, bravo: House) -> None:
    first, second = listening(acme.owner, dst=URL), listening(acme.user, dst=URL)
    listening(bravo.owner, dst=URL)
    ready(acme)
    begin(bravo)
    listed = get(acme.owner, LOG)
    assert listed.body["pagination"]["count"] == 6
    created = [item["created"] for item in listed.data]
    assert created == sorted(created, reverse=True)
    Delivery.objects.filter(token_id=first.id, fact__message="DST_STATUS_CHANGED").update(status="failed")
    ids: dict[str, set[str]] = {str(key): set() for key in (first.id, second.id)}
    for item in listed.data:
        ids[item["token"]].add(item["id"])
    assert set(_ids(get(acme.owner, f"{LOG}?where_token={first.id}"))) == ids[str(first.id)]
    assert len(_ids(get(acme.owner, f"{LOG}?where_token__in={first.id},{second.id}"))) == 6
    assert len(_ids(get(acme.owner, f"{LOG}?where_status=failed"))) == 2
    assert len(_ids(get(acme.owner, f"{LOG}?where_message=SIGNATURE_STATUS_CHANGED"))) == 2
    assert len(_ids(get(acme.owner, f"{LOG}?where_created__gte={created[1]}&count=1"))) == 1
    assert _ids(get(acme.owner, f"{LOG}?where_order=created")) != _ids(listed)
    assert len(_ids(get(bravo.owner, LOG.replace("acme", "bravo")))) == 1
    for value, code in (
        ("where_token=jdo", "invalid_filter_value"),
        ("where_token__in=jdo,x", "invalid_filter_value"),
        ("where_token__icontains=a", "unknown_lookup"),
        ("where_fact=x", "unknown_filter"),
    ):
        assert_refused(get(acme.owner, f"{LOG}?{value}"), 400, code)


@pytest.mark.usefixtures("loopback_open")
def test_the_log_says_what_came_of_each_attempt(acme: House) -> None:
    with receiver(reply(500), reply(200)) as got:
        token = listening(acme.owner, dst=got.site.url())
        begin(acme)
        send_all()
        (item,) = get(acme.owner, LOG).data
        assert (item["status"], item["attempts"], item["token"]) == ("pending", 1, str(token.id))
        assert item["next_attempt"] > item["answers"][0]["at"] > item["created"]
        assert item["answers"][0]["status"] == 500
        assert item["answers"][0]["error"] == f"127.0.0.1:{got.site.port} answered 500 (Internal Server Error)."
        again = post(acme.owner, f"{LOG}/{item['id']}/replay")
        assert (again.status, again.data["status"], again.data["attempts"]) == (200, "pending", 1)
        send_all()
    (item,) = get(acme.owner, LOG).data
    assert (item["status"], item["reason"], item["attempts"], item["next_attempt"]) == ("delivered", None, 2, None)
    assert [answer["status"] for answer in item["answers"]] == [500, 200]
    assert item["payload"] == got.got[1].open(secret(token))
    assert item["webhook_id"] == got.got[0].id == got.got[1].id


@pytest.mark.usefixtures("loopback_open")
def test_what_failed_or_arrived_is_sent_again_with_all_attempts_before_it(acme: House) -> None:
    with receiver() as got:
        listening(acme.owner, dst=got.site.url())
        begin(acme)
        key = get(acme.owner, LOG).data[0]["id"]
        for state in ({"status": "failed", "reason": "gave_up", "failures": 10}, {"status": "delivered"}):
            Delivery.objects.update(next_attempt_at=None, **state)
            OrmQ.objects.all().delete()
            shown = post(acme.owner, f"{LOG}/{key}/replay").data
            assert (shown["status"], shown["reason"]) == ("pending", None)
            assert (Delivery.objects.get().failures, _jobs()) == (0, 1)
            send_all()
            assert Delivery.objects.get().status == "delivered"
    assert len({one.id for one in got.got}) == 1
    assert Event.objects.filter(kind="webhook.replayed", actor=f"user:{acme.owner.user.id}").count() == 2


@pytest.mark.usefixtures("loopback_open")
def test_a_replay_overtakes_an_attempt_that_is_under_way(acme: House) -> None:
    listening(acme.owner, dst=URL)
    begin(acme)
    (claim,) = claim_deliveries(Endpoint.objects.get().id, 1)
    post(acme.owner, f"{LOG}/{claim.delivery.id}/replay")
    conclude(claim, Outcome(15.0, error="too late"))
    row = Delivery.objects.get()
    assert row.next_attempt_at
    assert (row.failures, row.next_attempt_at <= now()) == (0, True)


def test_nothing_is_sent_again_to_a_webhook_that_is_disabled_or_gone(acme: House) -> None:
    token = listening(acme.owner, dst=URL)
    begin(acme)
    key = get(acme.owner, LOG).data[0]["id"]
    Endpoint.objects.update(disabled_at=now())
    before = list(Delivery.objects.values())
    assert_refused(post(acme.owner, f"{LOG}/{key}/replay"), 409, "webhook_disabled", "set the webhook")
    assert_refused(post(acme.owner, f"{TOKENS}/{token.id}/webhooks/test"), 409, "webhook_disabled")
    assert list(Delivery.objects.values()) == before
    delete_token(acme.owner.principal, token.id)
    assert_refused(post(acme.owner, f"{LOG}/{key}/replay"), 409, "no_webhook")
    assert get(acme.owner, LOG).data[0]["reason"] == "token_deleted"


@pytest.mark.usefixtures("loopback_open")
@pytest.mark.parametrize(
    ("message", "webhook"),
    [("DST_STATUS_CHANGED", "dst"), ("SIGNATURE_STATUS_CHANGED", "dst"), ("IDENTITY_REQUEST_ENROLLED", "identity")],
)
def test_a_test_is_marked_as_one_and_goes_to_that_token_alone(acme: House, message: str, webhook: str) -> None:
    with receiver() as got, receiver() as other:
        token = listening(acme.user, dst=got.site.url("/dst"), identity=got.site.url("/identity"))
        listening(acme.owner, dst=other.site.url(), identity=other.site.url())
        made = post(acme.owner, f"{TOKENS}/{token.id}/webhooks/test", {"message": message})
        assert (made.status, made.data["webhook"], made.data["test"], _jobs()) == (201, webhook, True, 1)
        send_all()
    assert other.got == []
    payload = got.got[0].open(secret(token))
    assert payload == made.data["payload"]
    assert (payload["message"], payload["test"], got.got[0].path) == (message, True, f"/{webhook}")
    assert Fact.objects.get().event.kind == "webhook.tried"
    assert Fact.objects.get().event.data == {"token": str(token.id), "message": message}


def test_a_sample_has_the_keys_of_its_message(acme: House) -> None:
    """What a receiver is tried out with must not teach it another form than it will meet."""
    token = listening(acme.owner, dst=URL)
    ready(acme)
    real = {row.fact.message: row.fact.data for row in Delivery.objects.select_related("fact")}
    for message, data in real.items():
        shown = post(acme.owner, f"{TOKENS}/{token.id}/webhooks/test", {"message": message}).data["payload"]["data"]
        assert _keys(shown) == _keys(data)


def _keys(value: object) -> object:
    return {key: _keys(item) for key, item in value.items()} if isinstance(value, dict) else None


def test_what_cannot_be_tried_out_is_refused(acme: House) -> None:
    token = listening(acme.owner, identity=URL)
    path = f"{TOKENS}/{token.id}/webhooks/test"
    assert post(acme.owner, path).data["message"] == "IDENTITY_REQUEST_ENROLLED"
    assert_refused(post(acme.owner, path, {"message": "X"}), 400, "unknown_message", "DST_STATUS_CHANGED")
    assert_refused(post(acme.owner, path, {"message": "DST_STATUS_CHANGED"}), 409, "no_webhook", "dst")
    assert_refused(post(acme.owner, path, {"url": URL}), 400, "unknown_field")
    bare = listening(acme.owner)
    assert_refused(post(acme.owner, f"{TOKENS}/{bare.id}/webhooks/test"), 409, "no_webhook")
