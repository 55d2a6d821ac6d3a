"""GET messages: in the sandbox a developer reads them, in production nobody does."""

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.flows.deliver_message import deliver_message
from sigillo.messages.models import Message
from tests.api.calling import Answer, assert_refused, get
from tests.messages.letters import CODE, EMAIL, PHONE, SUBJECT, TEXT, letter
from tests.support.world import House

PATH = "/api/v1/acme/messages"


def _kinds(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.content
    return [item["kind"] for item in answer.data]


@pytest.fixture
def mailbag(acme: House, bravo: House) -> House:
    """Three messages that differ in everything that can be asked for, and one of the neighbours'."""
    for days, (kind, channel) in enumerate((("a", "sms"), ("b", "email"), ("c", "sms"))):
        row = letter(acme, channel, kind=kind)
        Message.objects.filter(id=row.id).update(created=now().replace(year=2024, month=5, day=10 + days))
    Message.objects.filter(kind="b").update(status="sent", user=acme.rao.user)
    Message.objects.filter(kind="c").update(user=None)
    letter(bravo, kind="theirs")
    return acme


def test_in_the_sandbox_a_code_is_read_and_used(acme: House) -> None:
    row = letter(acme)
    deliver_message(row.id)
    answer = get(acme.owner, PATH)
    assert answer.data == [
        {
            "id": str(row.id),
            "user": "ugo",
            "kind": "one_time_password",
            "channel": "sms",
            "to": PHONE,
            "subject": SUBJECT,
            "text": TEXT,
            "status": "kept",
            "created": row.created.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
    ]
    assert answer.body["pagination"]["count"] == 1


def test_in_production_addresses_are_masked_and_texts_are_not_there(acme: House, settings: Settings) -> None:
    letter(acme, "email"), letter(acme, "sms")
    settings.SIGILLO_ENVIRONMENT = "production"
    sms, mail = get(acme.owner, PATH).data
    assert (sms["to"], sms["text"]) == ("+39*******567", None)
    assert (mail["to"], mail["text"], mail["subject"]) == ("m***@example.org", None, SUBJECT)
    for secret in (CODE, PHONE, EMAIL):
        assert secret not in get(acme.owner, PATH).content.decode()


def test_a_text_that_was_emptied_is_null_in_any_case(acme: House, settings: Settings) -> None:
    letter(acme, subject="")
    Message.objects.update(sealed_text="")
    (item,) = get(acme.owner, PATH).data
    assert (item["text"], item["subject"], item["to"]) == (None, None, PHONE)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("where_order=created", ["a", "b", "c"]),
        ("where_user=ugo", ["a"]),
        ("where_user__isnull=true", ["c"]),
        ("where_kind__in=a,c,theirs", ["c", "a"]),
        ("where_channel=sms", ["c", "a"]),
        ("where_status=sent", ["b"]),
        ("where_created__gt=2024-05-11", ["c", "b"]),
        ("where_created__date=2024-05-10", ["a"]),
        ("where_status=waiting&where_channel=sms&count=1", ["c"]),
    ],
)
def test_filters(query: str, found: list[str], mailbag: House) -> None:
    assert _kinds(get(mailbag.owner, f"{PATH}?{query}")) == found


@pytest.mark.parametrize("query", ["where_to=x", "where_text__contains=7", "where_subject=x", "where_sealed_text=x"])
def test_what_is_sealed_cannot_be_asked_for(query: str, acme: House) -> None:
    assert_refused(get(acme.owner, f"{PATH}?{query}"), 400, "unknown_filter", query.split("=", maxsplit=1)[0])


def test_pages(mailbag: House) -> None:
    answer = get(mailbag.owner, f"{PATH}?count=2&page=2")
    assert (_kinds(answer), answer.body["pagination"]["count"]) == (["a"], 3)
    assert_refused(get(mailbag.owner, f"{PATH}?page=2"), 404, "page_not_found")


def test_only_an_owner_of_the_house_reads_them(mailbag: House, bravo: House) -> None:
    for actor in (mailbag.rao, mailbag.user, mailbag.automatic):
        assert_refused(get(actor, PATH), 403, "not_permitted", "messages")
    assert get(bravo.owner, PATH).status == 403
    assert _kinds(get(bravo.owner, "/api/v1/bravo/messages")) == ["theirs"]
    assert (get(None, PATH).status, get(mailbag.disabled, PATH).status) == (401, 401)
