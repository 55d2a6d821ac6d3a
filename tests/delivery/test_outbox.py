"""A fact goes to every webhook of its organization that hears of such, with the change or not at all."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import transaction
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from sigillo.base.clock import now
from sigillo.base.ids import new_id
from sigillo.credentials.models import Token
from sigillo.delivery.models import Delivery, Endpoint, SigningSecret
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.edit_user import edit_user
from sigillo.flows.tokens import delete_token, edit_token
from sigillo.flows.voice import say
from sigillo.journal.models import Fact
from sigillo.journal.record import Entry, Subject, Tell
from tests.delivery.receivers import listening, secret
from tests.flows.stories import begin
from tests.support.world import House

URL = "https://host.example/hook"


def _tell(house: House, *messages: str) -> None:
    """Facts of one change; without a word, the two about transactions."""
    subject = Subject("transaction", new_id(), house.organization.id)
    named = messages or ("DST_STATUS_CHANGED", "SIGNATURE_STATUS_CHANGED")
    entries = [Entry("a", tell=Tell(message, subject.id, {"status": "pending"})) for message in named]
    with transaction.atomic():
        say(subject, entries, actor="system:test")


def _set(house: House, token: Token, webhooks: dict[str, str | None]) -> None:
    addresses = {name: address or "" for name, address in webhooks.items()}
    edit_token(house.owner.principal, token.id, webhooks=addresses)


def _jobs() -> list[tuple[str, str]]:
    return [row.task["args"] for row in OrmQ.objects.all() if row.task["args"][0] == "deliver"]


def _addressed() -> set[tuple[object, str, str]]:
    return set(Delivery.objects.values_list("token_id", "topic", "fact__message"))


def test_every_token_with_the_webhook_hears_of_it_and_no_other(acme: House, bravo: House) -> None:
    both = listening(acme.owner, dst=URL, identity=URL)
    dst = listening(acme.user, dst=URL)
    identity = listening(acme.automatic, identity=URL)
    listening(acme.rao)
    listening(bravo.owner, dst=URL, identity=URL)
    _tell(acme, "DST_STATUS_CHANGED", "IDENTITY_REQUEST_ENROLLED")
    assert _addressed() == {
        (both.id, "dst", "DST_STATUS_CHANGED"),
        (both.id, "identity", "IDENTITY_REQUEST_ENROLLED"),
        (dst.id, "dst", "DST_STATUS_CHANGED"),
        (identity.id, "identity", "IDENTITY_REQUEST_ENROLLED"),
    }
    assert set(Delivery.objects.values_list("organization_id", "status", "attempts")) == {
        (acme.organization.id, "pending", 0)
    }
    assert _jobs() == [("deliver", str(acme.organization.id))], "one wakes for all of them"


def test_where_nobody_listens_there_is_a_fact_and_no_job(acme: House, bravo: House) -> None:
    listening(bravo.owner, dst=URL)
    listening(acme.owner, identity=URL)
    _tell(acme)
    assert (Fact.objects.count(), Delivery.objects.count(), _jobs()) == (2, 0, [])


def test_a_change_that_fails_tells_nobody(acme: House) -> None:
    listening(acme.owner, dst=URL)

    def change() -> None:
        with transaction.atomic():
            _tell(acme)
            assert Delivery.objects.count() == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert (Fact.objects.count(), Delivery.objects.count(), _jobs()) == (0, 0, [])


def test_what_happened_before_a_webhook_was_set_is_not_told(acme: House) -> None:
    begin(acme)
    assert Fact.objects.exists()
    listening(acme.owner, dst=URL)
    assert not Delivery.objects.exists()


def test_the_webhooks_of_a_disabled_user_hear_nothing(acme: House) -> None:
    token = listening(acme.user, dst=URL)
    edit_user(acme.owner.principal, "ugo", {"status": "disabled"})
    _tell(acme)
    assert not Delivery.objects.exists()
    edit_user(acme.owner.principal, "ugo", {"status": "enabled"})
    _tell(acme)
    assert {row.token_id for row in Delivery.objects.all()} == {token.id}


def test_what_a_disabled_webhook_misses_is_in_the_log(acme: House) -> None:
    listening(acme.owner, dst=URL)
    Endpoint.objects.update(disabled_at=now())
    _tell(acme)
    assert set(Delivery.objects.values_list("status", "reason", "next_attempt_at")) == {
        ("failed", "webhook_disabled", None)
    }
    assert _jobs() == []


def test_many_facts_cost_no_more_queries_than_one(
    acme: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        listening(acme.owner, dst=URL)
    _tell(acme)
    with django_assert_max_num_queries(20):
        _tell(acme, *["DST_STATUS_CHANGED"] * 100)
    assert Delivery.objects.count() == 2 * 3 + 100 * 3


def test_setting_webhooks_begins_anew_and_taking_them_away_ends_what_waits(acme: House, bravo: House) -> None:
    token, other = listening(acme.owner, dst=URL, identity=URL), listening(bravo.owner, dst=URL)
    kept = secret(token)
    _tell(acme, "DST_STATUS_CHANGED", "IDENTITY_REQUEST_ENROLLED")
    _tell(bravo, "DST_STATUS_CHANGED")
    Endpoint.objects.update(disabled_at=now(), failures=7, paused_until=now())
    _set(acme, token, {"dst": URL, "identity": None})
    row = Endpoint.objects.get(token=token)
    assert (row.topic, row.disabled_at, row.failures, row.paused_until) == ("dst", None, 0, None)
    assert secret(token) == kept
    states = dict(Delivery.objects.filter(token_id=token.id).values_list("topic", "status"))
    assert states == {"dst": "pending", "identity": "failed"}
    assert Delivery.objects.get(topic="identity").reason == "webhook_unset"
    _set(acme, token, {"dst": None, "identity": None})
    assert not Endpoint.objects.filter(token=token).exists()
    assert not SigningSecret.objects.filter(token=token).exists()
    _set(acme, token, {"dst": URL})
    assert secret(token) != kept, "a secret that was forgotten does not come back"
    assert Delivery.objects.get(token_id=other.id).status == "pending"
    assert Endpoint.objects.get(token=other).failures == 7


def test_a_deleted_token_hears_nothing_more_and_its_log_stays(acme: House) -> None:
    token, other = listening(acme.owner, dst=URL), listening(acme.owner, dst=URL)
    _tell(acme, "DST_STATUS_CHANGED")
    delete_token(acme.owner.principal, token.id)
    assert dict(Delivery.objects.values_list("token_id", "reason")) == {token.id: "token_deleted", other.id: ""}
    assert set(Endpoint.objects.values_list("token_id", flat=True)) == {other.id}
    assert set(SigningSecret.objects.values_list("token_id", flat=True)) == {other.id}


def test_a_secret_is_sealed_and_belongs_to_one_token(acme: House) -> None:
    first, second = listening(acme.owner, dst=URL), listening(acme.owner, dst=URL)
    assert secret(first) != secret(second)
    for sealed in SigningSecret.objects.values_list("sealed", flat=True):
        assert secret(first) not in sealed
        assert secret(second) not in sealed
    assert create_token(acme.owner.principal, NewToken()).webhooks.secret is None


def test_webhooks_that_are_older_than_this_feature_are_found(acme: House, bravo: House) -> None:
    Token.objects.filter(user=acme.owner.user).update(webhooks={"dst": URL, "identity": None})
    Token.objects.filter(user=bravo.user.user).update(webhooks={"dst": URL, "identity": URL})
    import_module("sigillo.delivery.migrations.0002_endpoints_of_tokens").make_endpoints(apps, None)
    assert set(Endpoint.objects.values_list("organization_id", "token__user", "topic")) == {
        (acme.organization.id, acme.owner.user.id, "dst"),
        (bravo.organization.id, bravo.user.user.id, "dst"),
        (bravo.organization.id, bravo.user.user.id, "identity"),
    }
    assert secret(Token.objects.get(user=acme.owner.user)).startswith("whsec_")
