"""The three messages, key by key as the source of the API shows them, and what stands beside them."""

import pytest
from django.utils.dateparse import parse_datetime

from sigillo.delivery.models import Delivery
from sigillo.flows.activate import activate
from sigillo.flows.close_transaction import cancel_transaction, decline, delete_transaction
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.groups import create_group
from sigillo.flows.perform import perform_automatic
from sigillo.identities.models import Enrollment
from sigillo.journal.models import Event, Fact
from sigillo.organizations.models import User
from sigillo.transactions.models import Transaction
from tests.delivery.receivers import Receiver, listening, receiver, secret, send_all
from tests.flows.stories import (
    PASSWORD,
    begin,
    data_uri,
    fetch_all,
    give_identity,
    ready,
    request_identity,
    signatures,
)
from tests.support.pages import pdf
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")
OURS = {"id", "sequence", "timestamp"}


def _payloads(got: Receiver, key: str) -> list[dict[str, object]]:
    """What the receiver read, by its own library; our additions stand beside the contract's keys and not in them."""
    payloads = [one.open(key) for one in got.got]
    assert all(set(payload) == {"message", "data"} | OURS for payload in payloads)
    return payloads


def test_a_transaction_from_beginning_to_end(acme: House) -> None:
    give_identity(acme)
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url("/dst"), identity=got.site.url("/identity"))
        row = ready(acme)
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
        send_all()
    payloads = _payloads(got, secret(token))
    dst = [payload["data"] for payload in payloads if payload["message"] == "DST_STATUS_CHANGED"]
    assert dst == [
        {"status": status, "dst": str(row.id), "reason": None} for status in ("waiting", "pending", "performed")
    ]
    signature, document = signatures(row)[0], row.documents.get()
    told = [payload["data"] for payload in payloads if payload["message"] == "SIGNATURE_STATUS_CHANGED"]
    assert told == [
        {
            "status": status,
            "group": 0,
            "dst": {"id": str(row.id), "title": "Demo"},
            "signature": str(signature.id),
            "signer": "robot",
            "position": "rect: 50, 100, 200, 150",
            "document": {"display_name": "Work Contract", "id": str(document.id), "order": 0},
            "automatic": True,
            "page": "1",
        }
        for status in ("pending", "performed")
    ]
    assert {one.path for one in got.got} == {"/dst"}


def test_the_sequence_puts_the_messages_of_a_transaction_in_order(acme: House) -> None:
    give_identity(acme)
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url())
        row = ready(acme)
        perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
        send_all()
    payloads = sorted(_payloads(got, secret(token)), key=lambda payload: int(str(payload["sequence"])))
    facts = Fact.objects.filter(event__chain__subject_id=row.id).order_by("sequence")
    assert [payload["id"] for payload in payloads] == [str(fact.id) for fact in facts]
    assert [payload["id"] for payload in payloads] == [one.id for one in got.got]
    moments = [parse_datetime(str(payload["timestamp"])) for payload in payloads]
    assert moments == list(Event.objects.filter(facts__in=facts).order_by("sequence").values_list("at", flat=True))


def test_what_was_left_out_is_null_and_groups_and_documents_are_counted(acme: House) -> None:
    create_group(acme.owner.principal, "board", ["ugo"])
    first = NewDocument(data_uri(pdf()), groups=((NewSignature(signer="ugo"),),))
    second = NewDocument(
        data_uri(pdf()), groups=((NewSignature(signer="ugo"),), (NewSignature(signer="", signer_group="board"),))
    )
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url())
        key = create_transaction(acme.owner.principal, NewTransaction(documents=(first, second)))
        fetch_all(key)
        cancel_transaction(acme.owner.principal, key, "No more")
        send_all()
    payloads = _payloads(got, secret(token))
    told = [payload["data"] for payload in payloads]
    (last,) = [data for data in told if isinstance(data, dict) and data.get("group") == 1]
    assert (last["status"], last["signer"], last["automatic"]) == ("expired", None, False)
    assert (last["dst"], last["position"], last["page"]) == ({"id": str(key), "title": None}, None, None)
    assert (last["document"]["order"], last["document"]["display_name"]) == (1, None)
    assert {"status": "cancelled", "dst": str(key), "reason": "MOTIVAZIONE_ESPLICITA"} in told


def test_a_decline_makes_one_error_and_says_no_words_of_the_signer(acme: House) -> None:
    person = NewSignature(signer="ugo")
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url())
        row = ready(acme, (person, person))
        decline(acme.user.principal, signatures(row)[0].id, "I do not trust Bob")
        send_all()
    ends = [payload["data"] for payload in _payloads(got, secret(token))][-3:]
    assert [end["status"] for end in ends if isinstance(end, dict)] == ["cancelled", "error", "expired"]
    assert not any(b"Bob" in one.body for one in got.got)


def test_an_activated_identity_request(acme: House) -> None:
    row = request_identity(acme, provider_id="st-approval")
    with receiver() as got:
        token = listening(acme.rao, dst=got.site.url("/dst"), identity=got.site.url("/identity"))
        stored = Enrollment.objects.select_related("organization", "user", "identity").get(id=row.id)
        activate(stored, actor="system:test", factor="approval")
        send_all()
    (payload,) = _payloads(got, secret(token))
    assert payload["message"] == "IDENTITY_REQUEST_ENROLLED"
    assert payload["data"] == {"status": "active", "request": str(row.id), "user": "ugo"}
    assert got.got[0].path == "/identity"


def test_a_message_says_what_was_true_and_is_the_same_each_time(acme: House) -> None:
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url())
        row = fetch_all(begin(acme))
        Transaction.objects.update(title="Another")
        User.objects.filter(handle="robot").update(handle="android")
        send_all()
        Delivery.objects.update(status="pending", next_attempt_at=row.created)
        send_all()
    count = len(got.got) // 2
    assert count == 3
    assert [one.body for one in got.got[:count]] == [one.body for one in got.got[count:]]
    told = [one.open(secret(token))["data"] for one in got.got if b"SIGNATURE" in one.body]
    assert {(data["dst"]["title"], data["signer"]) for data in told} == {("Demo", "robot")}


def test_what_happened_is_told_although_the_transaction_is_deleted(acme: House) -> None:
    with receiver() as got:
        token = listening(acme.owner, dst=got.site.url())
        row = ready(acme)
        delete_transaction(acme.owner.principal, row.id)
        send_all()
    assert len(_payloads(got, secret(token))) == 3
