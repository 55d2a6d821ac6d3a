"""Messages reach a real gateway and a real mail server, or it is known and told why not."""

import logging
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django_q.models import OrmQ
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.flows import deliver_message as flow
from sigillo.flows.deliver_message import MAX_ATTEMPTS, RETRIES, deliver_message, resume_messages
from sigillo.flows.upkeep import recover
from sigillo.journal.models import Chain
from sigillo.messages.contents import text_of
from sigillo.messages.models import Message
from tests.messages.letters import CODE, EMAIL, PHONE, SUBJECT, TEXT, at_rest, jobs, letter, said
from tests.support.gateways import mail_server, sms_gateway
from tests.support.world import House

SECRET = "s3cr3t"
DEAD = f"json://acme:{SECRET}@127.0.0.1:9/?:to={{to}}"


@pytest.fixture
def production(settings: Settings) -> None:
    """An installation that people rely on."""
    settings.SIGILLO_ENVIRONMENT = "production"


def _delivered(message: Message) -> Message:
    deliver_message(message.id)
    message.refresh_from_db()
    return message


def test_a_text_message_reaches_the_gateway_and_its_text_is_emptied(
    acme: House, settings: Settings, production: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which nothing of ours heeds
    with caplog.at_level(logging.DEBUG), sms_gateway() as gateway:
        settings.SIGILLO_SMS_URL = gateway.url(SECRET)
        row = _delivered(letter(acme))
        deliver_message(row.id)  # the queue runs a job at least once
    assert gateway.paths == [f"/send/{PHONE}?key={SECRET}"]
    assert [(body["to"], body["title"], body["message"]) for body in gateway.bodies] == [(PHONE, "", TEXT)]
    assert (row.status, row.attempts, row.next_attempt_at, row.sealed_text) == ("sent", 1, None, "")
    facts = {"message": str(row.id), "about": "one_time_password", "channel": "sms", "attempts": 1}
    assert said() == [("message.sent", facts)]
    assert Chain.objects.get().organization_id == acme.organization.id
    for secret in (CODE, PHONE, SECRET, TEXT):
        assert secret not in at_rest() + caplog.text


def test_mail_reaches_the_server_with_subject_and_text(acme: House, settings: Settings) -> None:
    with mail_server() as server:
        settings.SIGILLO_MAIL_URL = server.url()
        row = _delivered(letter(acme, "email"))
    (mail,) = server.mails
    assert (mail.sender, mail.recipients) == ("sigillo@example.net", [EMAIL])
    assert (mail.letter["Subject"], mail.letter["To"]) == (SUBJECT, EMAIL)
    assert "Acme" in mail.letter["From"]
    assert mail.letter.get_content_type() == "text/plain"
    assert mail.letter.get_content().strip() == TEXT
    assert (row.status, text_of(row)) == ("sent", TEXT), "in the sandbox it is also kept"


def test_the_sandbox_keeps_what_it_has_no_gateway_for(acme: House) -> None:
    row = _delivered(letter(acme))
    assert (row.status, text_of(row), row.next_attempt_at) == ("kept", TEXT, None)
    assert [kind for kind, _ in said()] == ["message.kept"]


def test_what_fails_is_tried_again_with_back_off_and_then_has_failed(
    acme: House, settings: Settings, production: None
) -> None:
    settings.SIGILLO_SMS_URL = DEAD
    with time_machine.travel(now(), tick=False) as clock:
        row, waits = letter(acme), []
        settings.SIGILLO_SMS_URL = ""  # the operator took it away
        while _delivered(row).status == "waiting":
            assert text_of(row) == TEXT
            assert row.next_attempt_at
            waits.append((row.next_attempt_at - now()).total_seconds())
            assert OrmQ.objects.latest("pk").lock == row.next_attempt_at
            deliver_message(row.id)  # not due yet
            clock.shift(waits[-1])
    assert waits == list(RETRIES.waits)
    assert jobs() == [("deliver_message", str(row.id))] * MAX_ATTEMPTS
    assert (row.status, row.attempts, row.next_attempt_at, row.sealed_text) == ("failed", MAX_ATTEMPTS, None, "")
    (failed,) = said()
    assert failed[0] == "message.failed"
    assert (failed[1]["cause"], failed[1]["attempts"]) == ("no_gateway", MAX_ATTEMPTS)


@pytest.mark.parametrize("scheme", ["json", "carrier-pigeon"])
def test_what_a_gateway_does_is_told_by_one_word(
    acme: House, settings: Settings, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    with sms_gateway(status=401) as gateway:
        settings.SIGILLO_SMS_URL = gateway.url(SECRET).replace("json", scheme)
        row = _delivered(letter(acme))
    assert (row.status, row.attempts, len(jobs()), said()) == ("waiting", 1, 2, [])
    cause = {"json": "gateway_refused", "carrier-pigeon": "gateway_unusable"}[scheme]
    assert caplog.text.strip().endswith(f"message {row.id} was not sent by sms: {cause}")
    for secret in (CODE, PHONE, SECRET):
        assert secret not in at_rest() + caplog.text


def test_a_gateway_that_hangs_is_left_in_time(
    acme: House, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(flow, "RETRIES", replace(RETRIES, attempt_seconds=1.0))
    with sms_gateway(hangs=True) as gateway:
        settings.SIGILLO_SMS_URL = gateway.url() + "&rto=60"
        row = _delivered(letter(acme))
    assert row.status == "waiting"
    assert "gateway_slow" in caplog.text


def test_a_gateway_does_not_lead_elsewhere(acme: House, settings: Settings) -> None:
    with sms_gateway() as elsewhere, sms_gateway(status=307, location="") as gateway:
        gateway.location = f"http://127.0.0.1:{elsewhere.port}/"
        settings.SIGILLO_SMS_URL = gateway.url()
        assert _delivered(letter(acme)).status == "waiting"
    assert (len(gateway.bodies), elsewhere.bodies) == (1, [])


def test_a_mail_server_that_refuses_the_recipient_has_not_sent(acme: House, settings: Settings) -> None:
    with mail_server(refuses=True) as server:
        settings.SIGILLO_MAIL_URL = server.url()
        assert _delivered(letter(acme, "email")).status == "waiting"
    assert server.mails == []


def test_what_has_expired_is_not_sent_any_more(acme: House, settings: Settings, production: None) -> None:
    with sms_gateway() as gateway:
        settings.SIGILLO_SMS_URL = gateway.url()
        row = letter(acme, expires=now() + timedelta(minutes=10))
        with time_machine.travel(now() + timedelta(minutes=10), tick=False):
            assert _delivered(row).status == "failed"
    assert (gateway.bodies, row.sealed_text) == ([], "")
    assert [(kind, data["cause"]) for kind, data in said()] == [("message.failed", "expired")]


def test_what_would_expire_before_the_next_attempt_has_failed(
    acme: House, settings: Settings, production: None
) -> None:
    settings.SIGILLO_SMS_URL = DEAD
    row = letter(acme, expires=now() + timedelta(seconds=4))
    settings.SIGILLO_SMS_URL = ""
    assert (_delivered(row).status, len(jobs())) == ("failed", 1)


def test_the_schedule_is_bounded_and_ever_slower() -> None:
    assert list(RETRIES.waits) == sorted(RETRIES.waits)
    assert RETRIES.next_wait(MAX_ATTEMPTS, timedelta()) is None
    assert RETRIES.next_wait(1, timedelta(hours=2)) is None
    assert sum(RETRIES.waits[:3]) < 120, "most of a one-time password's ten minutes is left after three failures"


def test_an_attempt_that_died_is_counted_and_taken_up_again(acme: House, settings: Settings) -> None:
    """kill -9 in the middle leaves what `_claim` wrote, and the queue, or upkeep after it, runs the job again."""
    row = letter(acme)
    assert flow._claim(row.id)
    assert flow._claim(row.id) is None, "the other hands may still be at it"
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("waiting", 1)
    retry = timedelta(seconds=settings.SIGILLO_JOB_RETRY_SECONDS)
    with time_machine.travel(now() + retry, tick=False):
        assert _delivered(row).status == "kept"
    assert (row.attempts, len(said())) == (2, 1)


def test_workers_that_die_with_it_one_after_the_other_end_it(acme: House) -> None:
    row = letter(acme)
    Message.objects.update(attempts=MAX_ATTEMPTS)
    assert _delivered(row).status == "failed"
    assert said()[0][1]["cause"] == "gave_up"


def test_a_message_that_nobody_took_up_is_queued_again(acme: House, bravo: House) -> None:
    row, done = letter(acme), _delivered(letter(bravo))
    assert (resume_messages(timedelta(minutes=1)), len(jobs())) == (0, 2)
    Message.objects.update(next_attempt_at=now() - timedelta(hours=1))
    assert (recover(), jobs()[2:]) == (1, [("deliver_message", str(row.id))])
    assert recover() == 0
    assert (_delivered(row).status, _delivered(done).attempts) == ("kept", 1)


def test_a_message_that_is_not_there_is_done(db: None) -> None:
    deliver_message(uuid4())
