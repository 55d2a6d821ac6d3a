"""POST and GET signature-transactions: what is stored, what is shown, what is told, what is hidden."""

from datetime import timedelta

from sigillo.base.clock import now
from sigillo.flows.groups import create_group
from sigillo.journal.models import Event, Fact
from sigillo.transactions.models import Document, Signature, Transaction
from tests.api.bodies import document_body, signature_body, transaction_body
from tests.api.calling import assert_refused, get, post
from tests.flows.stories import jobs
from tests.support.world import House

PATH = "/api/v1/acme/signature-transactions"
CLOSED_LISTS: dict[str, set[str | None]] = {
    "status": {"waiting", "pending", "performed", "expired", "cancelled"},
    "reason": {
        None,
        "CANNOT_DOWNLOAD_DOCUMENT",
        "INVALID_DOCUMENT",
        "PROTECTED_DOCUMENT",
        "declined",
        "MOTIVAZIONE_ESPLICITA",
    },
}


def test_created_transaction_waits_and_is_told(acme: House) -> None:
    answer = post(acme.user, PATH, transaction_body())
    assert (answer.status, answer.data["status"], answer.data["created_by"]) == (201, "waiting", "ugo@acme")
    row = Transaction.objects.get(id=answer.data["id"])
    assert (row.title, row.documents.count(), row.signatures.count()) == ("Signature Transaction Demo", 1, 1)
    assert Event.objects.get(kind="transaction.waiting").chain.subject_id == row.id
    assert Fact.objects.get(message="DST_STATUS_CHANGED").data == {
        "status": "waiting",
        "dst": str(row.id),
        "reason": None,
    }
    assert jobs() == 1


def test_groups_and_documents_keep_their_order(acme: House) -> None:
    groups = [[signature_body(signer="robot"), signature_body(signer="ugo")], [signature_body(signer="jdo")]]
    body = transaction_body(document_body(*groups), document_body([signature_body(signer="rita")], display_name="B"))
    answer = post(acme.owner, PATH, body)
    shown = [
        [[one["signer"] for one in group] for group in document["groups"]] for document in answer.data["documents"]
    ]
    assert shown == [[["robot", "ugo"], ["jdo"]], [["rita"]]]
    assert [document["preview"].split("/")[3] for document in answer.data["documents"]] == ["0", "1"]
    assert get(acme.owner, f"{PATH}/{answer.data['id']}").data == answer.data


def test_deadline_is_the_callers_in_utc_or_the_organizations(acme: House) -> None:
    asked = post(acme.owner, PATH, transaction_body(not_after="2099-01-01T01:00:00+01:00"))
    assert asked.data["not_after"] == "2099-01-01T00:00:00.000000Z"
    default = Transaction.objects.get(id=post(acme.owner, PATH, transaction_body()).data["id"])
    assert timedelta(days=88) < default.not_after - now() < timedelta(days=93)


def test_ticket_is_random_and_not_the_signatures_id(acme: House) -> None:
    data = post(acme.owner, PATH, transaction_body()).data
    signature = data["documents"][0]["groups"][0][0]
    ticket = Signature.objects.get(id=signature["id"]).ticket
    assert signature["signature_ticket"] == f"http://127.0.0.1:8000/{ticket}/signature"
    assert str(ticket) != signature["id"]


def test_secrets_of_the_download_are_hidden_and_sealed(acme: House) -> None:
    options = {"method": "GET", "headers": {"Authorization": "Bearer s3cret", "Accept": "application/pdf"}}
    address = "https://files.example/x.pdf?signature=qu3ry"
    body = transaction_body(document_body(document_uri=address, document_uri_options=options))
    answer = post(acme.owner, PATH, body)
    assert answer.status == 201, answer.content
    document = answer.data["documents"][0]
    assert document["document_uri"] == address
    assert document["document_uri_options"] == {
        "method": "GET",
        "headers": {"Authorization": "********", "Accept": "application/pdf"},
    }
    assert b"s3cret" not in answer.content
    row = str(Document.objects.values_list().get())
    assert "s3cret" not in row
    assert "qu3ry" not in row


def test_a_password_in_an_address_is_refused(acme: House) -> None:
    body = transaction_body(document_body(document_uri="https://me:s3cret@files.example/x.pdf"))
    answer = post(acme.owner, PATH, body)
    assert_refused(answer, 400, "outbound_userinfo", "documents[0].document_uri")
    assert b"s3cret" not in answer.content
    assert not Document.objects.exists()


def test_bytes_of_a_data_address_are_not_echoed(acme: House) -> None:
    answer = post(acme.owner, PATH, transaction_body())
    assert answer.data["documents"][0]["document_uri"] == "data:application/pdf"
    assert len(answer.content) < 3000


def test_constraints_are_read_in_both_spellings(acme: House) -> None:
    wanted = {"certificate__subject_givenName__iexact": "JOHN", "certificate__subject_surname": "Doe"}
    spelled = "certificate__subject_givenName__iexact=JOHN&certificate__subject_surname=Doe"
    body = transaction_body(document_body([signature_body(constraints=wanted), signature_body(constraints=spelled)]))
    members = post(acme.owner, PATH, body).data["documents"][0]["groups"][0]
    assert [member["constraints"] for member in members] == [wanted, wanted]


def test_closed_lists_hold_for_every_state(acme: House) -> None:
    key = post(acme.owner, PATH, transaction_body()).data["id"]
    for status in CLOSED_LISTS["status"]:
        for reason in CLOSED_LISTS["reason"]:
            Transaction.objects.filter(id=key).update(
                status=status, reason=reason, reason_detail="why", reason_code="x"
            )
            shown = get(acme.owner, f"{PATH}/{key}").data
            assert (shown["status"], shown["reason"]) == (status, reason)
            assert (shown["reason_detail"], shown["reason_code"]) == ("why", "x")


def test_what_is_no_uuid_is_not_there(acme: House) -> None:
    for key in ("1", "nonsense", "a%00b", "%F0%9F%98%80"):
        answer = get(acme.owner, f"{PATH}/{key}")
        assert_refused(answer, 404, "signature_transaction_not_found")


def test_a_group_signs_by_either_spelling_and_is_found_by_its_name(acme: House) -> None:
    create_group(acme.owner.principal, "teachers", ["ugo"])
    for wanted in ({"signer": "@teachers"}, {"signer": None, "signer_group": "teachers"}):
        body = transaction_body(document_body([{**signature_body(), "display_name": None, **wanted}]))
        signature = post(acme.owner, PATH, body).data["documents"][0]["groups"][0][0]
        assert (signature["signer"], signature["signer_group"], signature["display_name"]) == (
            None,
            "teachers",
            "teachers",
        )
    found = get(acme.owner, f"{PATH}?where_signer_group=teachers").body
    assert found["pagination"]["count"] == 2
    assert get(acme.owner, f"{PATH}?where_signer_group=pupils").data == []
    both = transaction_body(document_body([signature_body(signer="robot", signer_group="teachers")]))
    assert_refused(post(acme.owner, PATH, both), 400, "two_signers", "signer_group")
