"""A message is written with its job, sealed, in the transaction of what it is about."""

import pytest
from django.db import transaction
from pytest_django import Settings

from sigillo.base.errors import Invalid, Unavailable
from sigillo.messages.access import visible_messages
from sigillo.messages.contents import address_of, text_of
from sigillo.messages.models import Message
from sigillo.messages.write import write_message
from sigillo.organizations.models import Organization
from sigillo.organizations.tally import Counted, total
from sigillo.secrets.errors import SealBroken
from tests.messages.letters import CODE, EMAIL, PHONE, SUBJECT, TEXT, at_rest, jobs, letter
from tests.support.world import House


def test_row_and_job_come_together_and_hold_no_secret(acme: House) -> None:
    row = Message.objects.get(id=letter(acme, address="+39 333 1234567").id)
    assert (row.organization_id, row.user_id) == (acme.organization.id, acme.user.user.id)
    assert (row.kind, row.channel, row.status, row.attempts) == ("one_time_password", "sms", "waiting", 0)
    assert (address_of(row), row.subject, text_of(row)) == (PHONE, SUBJECT, TEXT)
    assert row.next_attempt_at == row.created
    assert jobs() == [("deliver_message", str(row.id))]
    assert total(acme.organization.id, Counted.MESSAGES) == 1
    for secret in (CODE, PHONE, PHONE[3:]):
        assert secret not in at_rest()


def test_a_change_that_is_rolled_back_takes_its_message_along(acme: House) -> None:
    with transaction.atomic():
        letter(acme)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert (jobs(), total(acme.organization.id, Counted.MESSAGES)) == ([], 0)


def test_without_a_transaction_nothing_is_written() -> None:
    with pytest.raises(RuntimeError, match="transaction of what it is about"):
        write_message(Organization(), None, kind="x", channel="sms", address=PHONE, text=TEXT)


def test_an_address_that_cannot_be_reached_leaves_nothing(acme: House) -> None:
    for channel, address in (("sms", EMAIL), ("email", PHONE)):
        with pytest.raises(Invalid):
            letter(acme, channel, address=address)
    assert (Message.objects.count(), jobs()) == (0, [])


def test_production_without_a_gateway_says_so_at_once(acme: House, settings: Settings) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_MAIL_URL = "mailtos://mail.example.org?to={to}"
    with pytest.raises(Unavailable, match="SIGILLO_SMS_URL") as refusal:
        letter(acme, "sms")
    assert (refusal.value.code, Message.objects.count(), jobs()) == ("no_gateway", 0, [])
    assert letter(acme, "email").status == "waiting"


def test_a_subject_is_one_line_of_bounded_length(acme: House) -> None:
    row = letter(acme, "email", subject="Invito:\r\nBcc: x@example.org " + "è" * 300)
    assert row.subject.startswith("Invito: Bcc: x@example.org è")
    assert len(row.subject) == 200


def test_what_is_sealed_opens_in_its_own_row_only(acme: House, bravo: House) -> None:
    mine, theirs = letter(acme), letter(bravo)
    theirs.sealed_text, theirs.sealed_address = mine.sealed_text, mine.sealed_address
    for read in (text_of, address_of):
        with pytest.raises(SealBroken):
            read(theirs)


def test_another_organization_does_not_see_it(acme: House, bravo: House) -> None:
    row = letter(acme)
    assert list(visible_messages(acme.owner.principal)) == [row]
    assert list(visible_messages(bravo.owner.principal)) == []
