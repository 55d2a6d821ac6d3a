"""One message and one receiver: whatever it answers, the message is not lost, and nobody is told a secret."""

import logging
import re
import socket
import ssl
import struct
import tracemalloc
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal
from time import monotonic

import pytest
from cryptography import x509
from django_q.models import OrmQ
from pytest_django import Settings
from structlog.testing import capture_logs

from sigillo.base.clock import now
from sigillo.credentials.models import Token
from sigillo.delivery.backoff import WAITS
from sigillo.delivery.models import Delivery, Endpoint
from sigillo.flows import deliver
from sigillo.flows.claim_deliveries import PassedOver, claim_deliveries, due_endpoints
from sigillo.flows.deliver import Outcome, call, conclude
from sigillo.flows.edit_user import edit_user
from sigillo.flows.tokens import edit_token
from sigillo.installation import outbound
from sigillo.journal.models import Event
from tests.delivery.receivers import Receiver, hurry, listening, receiver, secret, send_all
from tests.flows.stories import begin
from tests.outbound.servers import Reply, raw, reply, serve
from tests.outbound.test_fetch import digest_guard
from tests.outbound.test_tls import issue
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")
CANARY = "c4n4ry"


def _told(house: House, url: str, **http_options: object) -> Token:
    """A token whose webhook has one message to get: a transaction is waiting."""
    token = listening(house.owner, dst=url, http_options=http_options)
    begin(house)
    return token


def _row() -> Delivery:
    return Delivery.objects.select_related("fact").get()


def _wait() -> timedelta:
    """How long it is until the next attempt."""
    row = _row()
    assert (row.status, row.reason) == ("pending", "")
    assert row.next_attempt_at
    return row.next_attempt_at - now()


def _jobs() -> list[OrmQ]:
    return [row for row in OrmQ.objects.order_by("pk") if row.task["args"][0] == "deliver"]


def _set(house: House, token: Token, url: str) -> None:
    edit_token(house.owner.principal, token.id, label=None, webhooks={"dst": url}, http_options=None)


def test_what_is_taken_is_done_and_logged(acme: House, bravo: House) -> None:
    with receiver(reply(204)) as got, receiver() as theirs:
        token = _told(acme, got.site.url("/hook?key=1"))
        listening(bravo.owner, dst=theirs.site.url())
        assert send_all() == 1
        assert send_all() == 0
    row = _row()
    assert (row.status, row.attempts, row.failures, row.next_attempt_at) == ("delivered", 1, 0, None)
    (answer,) = row.answers
    assert (answer["status"], answer["error"]) == (204, None)
    assert 0 <= answer["seconds"] < 5
    assert got.got[0].open(secret(token))["id"] == str(row.fact_id)
    assert (got.got[0].path, got.got[0].headers["Content-Type"]) == ("/hook?key=1", "application/json")
    assert theirs.got == []


STATUSES = [
    *[reply(status) for status in (400, 401, 404, 408, 500, 502, 503, 504)],
    *[reply(status, Location="http://127.0.0.1:1/") for status in (301, 302, 303, 307, 308)],
    *[reply(status) for status in (300, 304)],
]


@pytest.mark.parametrize("answer", STATUSES)
def test_every_other_answer_is_a_failure_that_is_tried_again(acme: House, answer: Reply) -> None:
    with receiver(answer, reply(200)) as got:
        _told(acme, got.site.url())
        send_all()
        assert timedelta(seconds=4.4) < _wait() <= timedelta(seconds=5.5)
        assert (_row().attempts, _row().failures, Endpoint.objects.get().failures) == (1, 1, 1)
        assert _row().answers[0]["error"].startswith("127.0.0.1")
        assert send_all() == 0, "its time has not come"
        hurry()
        send_all()
    assert (_row().status, _row().attempts, _row().failures) == ("delivered", 2, 0)
    assert Endpoint.objects.get().failures == 0
    assert len({one.id for one in got.got}) == 1


def test_a_redirect_is_not_followed(acme: House) -> None:
    with receiver() as away, receiver(reply(307, Location=away.site.url())) as got:
        _told(acme, got.site.url())
        send_all()
    assert (away.got, len(got.got)) == ([], 1)
    assert (_row().answers[0]["status"], _row().status) == (307, "pending")


def test_the_next_attempt_has_a_job_while_it_is_soon_and_the_clock_afterwards(acme: House) -> None:
    with receiver(reply(500)) as got:
        _told(acme, got.site.url())
        OrmQ.objects.all().delete()
        send_all()
        (job,) = _jobs()
        assert job.lock
        assert abs(job.lock - now() - _wait()) < timedelta(seconds=0.5)
        hurry()
        send_all()
    assert timedelta(minutes=4.4) < _wait() < timedelta(minutes=5.6)
    assert len(_jobs()) == 1, "nothing stands in the queue for minutes"


def test_after_ten_attempts_over_three_days_it_has_failed(acme: House) -> None:
    waits = []
    with receiver(reply(500)) as got:
        _told(acme, got.site.url())
        for _ in WAITS:
            assert send_all() == 1
            waits.append(_wait())
            hurry()
        send_all()
    for wait, planned in zip(waits, WAITS, strict=True):
        assert 0.89 * planned < wait < 1.11 * planned
    row = _row()
    assert (row.status, row.reason, row.next_attempt_at) == ("failed", "gave_up", None)
    assert (row.attempts, row.failures, len(row.answers)) == (10, 10, 10)
    assert {one.id for one in got.got} == {str(row.fact_id)}
    assert len({one.body for one in got.got}) == 1
    assert Endpoint.objects.get().disabled_at is None


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_to_be_left_alone_is_left_alone(acme: House, bravo: House, status: int) -> None:
    with receiver(reply(status, Retry_After="1800"), reply(200)) as got, receiver() as other:
        _told(acme, got.site.url())
        send_all()
        assert timedelta(seconds=1790) < _wait() <= timedelta(seconds=1800)
        begin(acme)
        listening(bravo.owner, dst=other.site.url())
        begin(bravo)
        assert send_all() == 1, "another message to it waits too, and nobody else's"
        assert (len(got.got), len(other.got)) == (1, 1)
        Endpoint.objects.update(paused_until=now())
        assert send_all() == 1, "the other one, now that it may be called again"


def test_who_is_gone_is_disabled_and_hears_nothing_more(acme: House) -> None:
    with receiver(reply(410)) as got, receiver() as other:
        token, beside = _told(acme, got.site.url()), listening(acme.owner, dst=other.site.url())
        begin(acme)
        endpoint = Endpoint.objects.get(token=token)
        (first, _) = claims = claim_deliveries(endpoint.id, 2)
        conclude(first, call(first))
        assert send_all() == 1
        conclude(claims[1], Outcome(0.1, error="late"))
        begin(acme)
        assert send_all() == 1
    assert len(got.got) == 1
    assert len(other.got) == 2
    endpoint.refresh_from_db()
    assert endpoint.disabled_at
    rows = Delivery.objects.filter(token_id=token.id).order_by("created")
    assert [(row.status, row.reason, row.attempts) for row in rows] == [
        ("failed", "receiver_gone", 1),
        ("failed", "webhook_disabled", 1),
        ("failed", "webhook_disabled", 0),
    ]
    assert Endpoint.objects.get(token=beside).disabled_at is None
    event = Event.objects.get(kind="webhook.disabled")
    assert (event.chain.subject_id, event.actor) == (acme.organization.id, "system:worker")
    assert event.data == {"token": str(token.id), "webhook": "dst"}


def test_a_webhook_that_is_set_anew_is_not_disabled_by_the_old_address(acme: House) -> None:
    with receiver(reply(410)) as old, receiver() as new:
        token = _told(acme, old.site.url())
        (claim,) = claim_deliveries(Endpoint.objects.get().id, 1)
        _set(acme, token, new.site.url())
        conclude(claim, call(claim))
        assert timedelta(seconds=4) < _wait() < timedelta(seconds=6)
        hurry()
        send_all()
    assert (len(old.got), len(new.got)) == (1, 1)
    assert (_row().status, Endpoint.objects.get().disabled_at) == ("delivered", None)
    assert old.got[0].id == new.got[0].id


def test_one_that_is_set_again_hears_again(acme: House) -> None:
    with receiver(reply(410), reply(200)) as got:
        token = _told(acme, got.site.url())
        send_all()
        _set(acme, token, got.site.url())
        begin(acme)
        send_all()
    assert [row.status for row in Delivery.objects.order_by("created")] == ["failed", "delivered"]


def _hang(_connection: socket.socket, over: Signal) -> None:
    over.wait(5)


def test_a_receiver_that_hangs_is_left_after_a_bounded_time(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "ATTEMPT_SECONDS", 0.2)
    with raw(_hang) as site:
        _told(acme, site.url())
        started = monotonic()
        send_all()
        assert monotonic() - started < 1
    assert "within 0.2 s" in _row().answers[0]["error"]
    assert _wait() > timedelta(seconds=4)


def _reset(connection: socket.socket, _over: Signal) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_receiver_that_breaks_off_or_is_not_there(acme: House) -> None:
    with raw(_reset) as site:
        _told(acme, site.url())
        send_all()
        assert (_row().answers[0]["status"], _row().status) == (None, "pending")
    hurry()
    send_all()
    assert "accepts no connection" in _row().answers[1]["error"]
    assert (_row().attempts, _row().failures) == (2, 2)


def test_of_an_answer_without_end_nothing_is_read(acme: House) -> None:
    def talk(connection: socket.socket, over: Signal) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while not over.is_set():
            connection.sendall(b"x" * 1_000_000)

    with raw(talk) as site:
        _told(acme, site.url())
        tracemalloc.start()
        send_all()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (_row().status, _row().answers[0]["status"]) == ("delivered", 200)
    assert peak < 5_000_000


def test_an_address_inside_is_not_called(acme: House, settings: Settings) -> None:
    settings.SIGILLO_OUTBOUND_ALLOW = ()
    outbound.cache_clear()
    with receiver() as got:
        _told(acme, got.site.url())
        send_all()
    assert got.got == []
    assert "private or reserved" in _row().answers[0]["error"]
    assert _wait() > timedelta(seconds=4)


def test_headers_of_the_token_go_along_and_ours_win(acme: House) -> None:
    headers = {"X-Api-Key": "k", "content-type": "text/plain", "Webhook-Id": "mine", "User-Agent": "me"}
    with receiver() as got:
        token = _told(acme, got.site.url(), headers=headers, auth_username="jdo", auth_password="päss")
        send_all()
    sent = got.got[0]
    assert sent.open(secret(token))
    assert (sent.headers["X-Api-Key"], sent.headers["User-Agent"]) == ("k", "me")
    assert sent.headers.get_all("Content-Type") == ["application/json"]
    assert sent.headers.get_all("webhook-id") == [str(_row().fact_id)]
    assert sent.headers["Authorization"] == "Basic amRvOnDDpHNz"


@pytest.mark.parametrize(("password", "status"), [("secret", "delivered"), ("wrong", "pending")])
def test_digest_authentication(acme: House, password: str, status: str) -> None:
    got = Receiver([digest_guard("jdo", "secret", b"")])
    with serve(got.behave) as site:
        token = _told(acme, site.url(), auth_username="jdo", auth_password=password, auth_mode="digest")
        send_all()
    assert _row().status == status
    assert len(got.got) == 2, "the challenge, and the answer to it"
    assert got.got[0].body == got.got[1].body
    assert got.got[1].open(secret(token))


def test_a_client_certificate(acme: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, file = issue("Test root", None), tmp_path / "root.pem"
    file.write_text(root.certificate_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    outbound.cache_clear()
    context = issue("localhost", root, names=[x509.DNSName("localhost")]).context(tmp_path)
    context.load_verify_locations(cadata=root.certificate_pem)
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2
    mine = issue("Client", root)
    with receiver(tls=context) as got:
        url = got.site.url(host="localhost")
        token = _told(acme, url, client_cert=mine.certificate_pem, client_key=mine.key_pem)
        listening(acme.owner, dst=url)
        begin(acme)
        send_all()
    assert [one.open(secret(token))["message"] for one in got.got] == ["DST_STATUS_CHANGED"] * 2
    statuses = Delivery.objects.order_by("created").values_list("token_id", "status")
    assert {status for key, status in statuses if key != token.id} == {"pending"}, "who presents nothing gets nowhere"


def test_a_disabled_user_hears_nothing_from_that_moment(acme: House) -> None:
    with receiver() as got:
        listening(acme.user, dst=got.site.url())
        begin(acme)
        endpoint = Endpoint.objects.get()
        edit_user(acme.owner.principal, "ugo", {"status": "disabled"})
        assert due_endpoints(PassedOver()) == []
        assert claim_deliveries(endpoint.id, 1) == []
        edit_user(acme.owner.principal, "ugo", {"status": "enabled"})
        assert send_all() == 1


def test_of_two_attempts_that_overlap_a_failure_is_no_news_and_a_success_is(acme: House) -> None:
    with receiver() as got:
        _told(acme, got.site.url())
        endpoint = Endpoint.objects.get()
        (slow,) = claim_deliveries(endpoint.id, 1)
        assert claim_deliveries(endpoint.id, 1) == [], "it is another's as long as the lease runs"
        hurry()
        (fast,) = claim_deliveries(endpoint.id, 1)
        conclude(slow, Outcome(20.0, error="too late"))
        assert (_row().failures, _row().attempts) == (0, 2)
        conclude(slow, Outcome(20.0, 200))
        conclude(fast, Outcome(1.0, error="reset"))
    assert (_row().status, _row().next_attempt_at) == ("delivered", None)


def test_a_fault_of_ours_is_an_attempt_that_failed(acme: House) -> None:
    with receiver() as got:
        token = _told(acme, got.site.url())
        Token.objects.filter(id=token.id).update(sealed_http_options="damaged")
        with capture_logs() as lines:
            send_all()
    assert got.got == []
    assert (_row().failures, _row().answers[0]["error"]) == (1, deliver.FAULT)
    assert _wait() > timedelta(seconds=4)
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["webhook not sent"]


def test_no_secret_is_told_to_a_log_or_kept_in_an_answer(acme: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = reply(500, f"the password is {CANARY}".encode(), X_Word=CANARY)
    options = {
        "headers": {"X-Api-Key": CANARY, "Cookie": f"a={CANARY}"},
        "auth_username": "jdo",
        "auth_password": CANARY,
    }
    with receiver(said) as got, capture_logs() as lines:
        token = _told(acme, got.site.url(f"/{CANARY}?key={CANARY}"), **options)
        send_all()
        _set(acme, token, f"http://127.0.0.1:1/{CANARY}")
        hurry()
        send_all()
    assert (len(got.got), _row().attempts) == (1, 2)
    told = [repr(lines), caplog.text, str(list(Event.objects.values())), str(list(Delivery.objects.values()))]
    key = secret(token)
    signature = got.got[0].headers["webhook-signature"].split(",")[1]
    assert lines
    for text in told:
        assert not re.search("|".join(map(re.escape, (CANARY, key, key.removeprefix("whsec_"), signature))), text)
    assert CANARY not in got.got[0].body.decode()
