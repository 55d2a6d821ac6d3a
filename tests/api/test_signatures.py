"""POST perform: one signature, made once, by its password, in its turn."""

from uuid import uuid4

import pytest
from pytest_django import Settings

from sigillo.flows.create_transaction import NewSignature
from sigillo.journal.models import Event
from sigillo.transactions.models import Revision, Signature
from tests.api.bodies import transaction_body
from tests.api.calling import assert_refused, get, post
from tests.flows.stories import PASSWORD, begin, fetch_all, give_identity, ready, signatures
from tests.support.world import House


def _path(signature: Signature) -> str:
    return f"/api/v1/acme/signatures/{signature.id}/perform"


def test_performed_once(acme: House) -> None:
    give_identity(acme)
    row = ready(acme)
    signature = signatures(row)[0]
    assert post(acme.automatic, _path(signature), {"password": PASSWORD}).status == 200
    assert_refused(post(acme.automatic, _path(signature), {"password": PASSWORD}), 409, "already_performed")
    shown = get(acme.owner, f"/api/v1/acme/signature-transactions/{row.id}").data
    assert (shown["status"], shown["documents"][0]["groups"][0][0]["status"]) == ("performed", "performed")
    assert Revision.objects.filter(document__transaction=row).count() == 2
    assert Event.objects.filter(kind="signature.performed").count() == 1
    assert Event.objects.filter(kind="transaction.performed").count() == 1


def test_wrong_password_is_counted_and_never_echoed(acme: House) -> None:
    give_identity(acme)
    signature = signatures(ready(acme))[0]
    for _ in range(5):
        answer = post(acme.owner, _path(signature), {"password": "gu3ss"})
        assert_refused(answer, 403, "wrong_password")
        assert b"gu3ss" not in answer.content
    assert_refused(post(acme.owner, _path(signature), {"password": PASSWORD}), 403, "identity_locked")
    assert not Revision.objects.filter(signature=signature).exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"password": None}, "invalid_value"),
        ({"password": PASSWORD, "force": True}, "unknown_field"),
        ("", "empty_body"),
    ],
)
def test_bad_bodies(body: object, code: str, acme: House) -> None:
    signature = Signature.objects.get(transaction_id=begin(acme))
    answer = post(acme.owner, _path(signature), body, **{"Content-Type": "application/json"})
    assert_refused(answer, 400, code)
    assert not Event.objects.filter(kind="signature.intent").exists()


def test_not_before_its_documents_are_there(acme: House) -> None:
    give_identity(acme)
    created = post(acme.owner, "/api/v1/acme/signature-transactions", transaction_body()).data
    path = f"/api/v1/acme/signatures/{created['documents'][0]['groups'][0][0]['id']}/perform"
    assert_refused(post(acme.owner, path, {"password": PASSWORD}), 409, "not_open")
    assert fetch_all(created["id"]).status == "pending"
    assert post(acme.owner, path, {"password": PASSWORD}).status == 200


def test_what_is_not_there(acme: House) -> None:
    for key in (str(uuid4()), "nonsense", "a%00b"):
        answer = post(acme.owner, f"/api/v1/acme/signatures/{key}/perform", {"password": PASSWORD})
        assert_refused(answer, 404, "signature_not_found")


def test_without_a_time_stamp_it_is_a_503_and_the_next_call_succeeds(acme: House, settings: Settings) -> None:
    give_identity(acme)
    row = ready(acme, (NewSignature(signer="robot", profile="pades-t"),))
    signature = signatures(row)[0]
    settings.SIGILLO_ENVIRONMENT = "production"
    refused = post(acme.owner, _path(signature), {"password": PASSWORD})
    assert_refused(refused, 503, "no_timestamp_authority", "SIGILLO_TSA_URLS")
    shown = get(acme.owner, f"/api/v1/acme/signature-transactions/{row.id}").data
    assert (shown["status"], shown["documents"][0]["groups"][0][0]["status"]) == ("pending", "pending")
    settings.SIGILLO_ENVIRONMENT = "sandbox"
    assert post(acme.owner, _path(signature), {"password": PASSWORD}).status == 200
