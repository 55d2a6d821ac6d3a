"""Documents arrive, or the transaction says precisely why not; nothing half-done is left behind."""

import pytest
from django.db import connection
from django_q.models import OrmQ

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.blobs.errors import BlobMissing
from sigillo.documents import store
from sigillo.flows.claim_document import MAX_ATTEMPTS
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.sources import source_of
from sigillo.journal.models import Fact
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import begin, data_uri, fetch_all, fetch_document, jobs, kinds, signatures
from tests.support.pages import pdf
from tests.support.server import Answer, document_server
from tests.support.world import House

SEEN = NewSignature(signer="robot", page=1, position="rect: 50, 100, 200, 150")


def _facts(row: Transaction) -> list[tuple[str, str, int]]:
    rows = Fact.objects.filter(event__chain__subject_id=row.id).order_by("sequence")
    return [(fact.message, fact.data["status"], fact.sequence) for fact in rows]


def test_a_transaction_begins_waiting_with_its_job_in_the_same_commit(acme: House) -> None:
    key = begin(acme)
    row = Transaction.objects.get(id=key)
    assert (row.status, jobs(), kinds(row)) == ("waiting", 1, ["transaction.waiting"])
    assert signatures(row)[0].status == "waiting"
    assert not Revision.objects.exists()


def test_a_data_document_opens_the_transaction(acme: House) -> None:
    content = pdf()
    row = fetch_all(begin(acme, uri=data_uri(content)))
    revision = Revision.objects.get()
    assert (row.status, signatures(row)[0].status) == ("pending", "pending")
    assert b"".join(store.stream(revision.digest)) == content
    assert kinds(row) == ["transaction.waiting", "document.accepted", "transaction.pending", "signature.pending"]
    assert _facts(row) == [
        ("DST_STATUS_CHANGED", "waiting", 1),
        ("DST_STATUS_CHANGED", "pending", 3),
        ("SIGNATURE_STATUS_CHANGED", "pending", 4),
    ]


def test_a_document_is_fetched_once_whatever_runs_twice(acme: House) -> None:
    row = fetch_all(begin(acme))
    before = kinds(row)
    fetch_all(row.id)
    assert (Revision.objects.count(), kinds(row)) == (1, before)


def test_all_documents_must_be_in(acme: House) -> None:
    documents = [NewDocument(document_uri=data_uri(pdf(text=text)), groups=((SEEN,),)) for text in ("one", "two")]
    key = create_transaction(acme.owner.principal, NewTransaction(documents=documents))
    first, second = Document.objects.filter(transaction_id=key).order_by("order")
    fetch_document(first.id)
    assert Transaction.objects.get(id=key).status == "waiting"
    fetch_document(second.id)
    assert Transaction.objects.get(id=key).status == "pending"


@pytest.mark.parametrize(
    ("content", "reason", "code"),
    [
        (b"plain words, named .pdf", "INVALID_DOCUMENT", ""),
        (b"", "INVALID_DOCUMENT", "empty_document"),
        (pdf()[:200], "INVALID_DOCUMENT", ""),
    ],
)
def test_what_is_no_pdf_is_refused(acme: House, content: bytes, reason: str, code: str) -> None:
    row = fetch_all(begin(acme, uri=data_uri(content)))
    assert (row.status, row.reason) == ("cancelled", reason)
    assert row.reason_code.startswith(code)
    assert row.reason_detail.endswith(".")
    assert [signature.status for signature in signatures(row)] == ["error"]
    assert kinds(row)[-2:] == ["transaction.cancelled", "signature.error"]
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    "signature",
    [
        NewSignature(signer="robot", page=2, position="rect: 50, 100, 200, 150"),
        NewSignature(signer="robot", page=1, position="rect: 500, 100, 700, 150"),
    ],
)
def test_a_place_that_does_not_exist(acme: House, loopback_open: None, signature: NewSignature) -> None:
    with pytest.raises(Invalid, match=r"^documents\[0\]: "):
        begin(acme, (signature,))
    assert not Transaction.objects.exists()
    with document_server(lambda *_: (200, {}, pdf())) as address:
        row = fetch_all(begin(acme, (signature,), uri=f"{address}/a.pdf"))
    assert (row.status, row.reason) == ("cancelled", "INVALID_DOCUMENT")
    assert "page" in row.reason_detail


def test_attempts_that_never_come_to_an_end_are_counted_to_one(acme: House) -> None:
    key = begin(acme)
    Document.objects.update(fetch_attempts=MAX_ATTEMPTS)
    row = fetch_all(key)
    assert (row.status, row.reason_code) == ("cancelled", "intake_gave_up")


def test_a_fault_of_ours_is_counted_and_raised(acme: House) -> None:
    row = Transaction.objects.get(id=begin(acme))
    Document.objects.update(pages=None, source_digest="0" * 64)  # bytes that are gone
    with pytest.raises(BlobMissing):
        fetch_all(row.id)
    document = Document.objects.get()
    assert (document.fetch_attempts, Transaction.objects.get().status) == (1, "waiting")
    assert document.next_attempt_at is not None
    assert document.next_attempt_at > now()


@pytest.mark.parametrize(
    "address",
    ["http://[a@b", "http://a@b℀.com/x", "http://u:p@example.org/", "http://exa mple.org/", "ftp://example.org/a", "x"],
)
def test_an_address_that_can_never_be_called_is_refused_at_once(acme: House, address: str) -> None:
    with pytest.raises(Invalid, match="document_uri"):
        begin(acme, uri=address)
    assert not Transaction.objects.exists()


def test_an_address_is_sealed_where_it_lies(acme: House, loopback_open: None) -> None:
    key = begin(acme, uri="http://127.0.0.1:9/contract.pdf?sig=CANARY")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM transactions_document")
        assert "CANARY" not in str(cursor.fetchall())
    assert source_of(Document.objects.select_related("transaction").get(transaction_id=key)).uri.endswith("CANARY")


def test_one_transaction_has_a_bounded_number_of_signatures(acme: House) -> None:
    with pytest.raises(Invalid, match="1001 signatures"):
        begin(acme, (NewSignature(signer="robot"),) * 1001)
    row = fetch_all(begin(acme, (NewSignature(signer="robot"),) * 1000))
    assert row.status == "pending"
    assert kinds(row).count("signature.pending") == 1000


def test_a_document_is_fetched_over_http(acme: House, loopback_open: None) -> None:
    def handle(method: str, path: str, headers: dict[str, str]) -> Answer:
        return 200, {"Content-Type": "application/pdf"}, pdf()

    with document_server(handle) as address:
        row = fetch_all(begin(acme, uri=f"{address}/contract.pdf"))
    assert row.status == "pending"


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_download_that_fails_for_good(acme: House, loopback_open: None, status: int) -> None:
    with document_server(lambda *_: (status, {}, b"no")) as address:
        row = fetch_all(begin(acme, uri=f"{address}/missing.pdf?secret=s3cr3t"))
    assert (row.status, row.reason) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT")
    assert str(status) in row.reason_detail
    assert "s3cr3t" not in row.reason_detail


def test_a_passing_fault_is_tried_again_with_back_off(acme: House, loopback_open: None) -> None:
    answers = [(503, b""), (503, b""), (200, pdf())]

    def handle(method: str, path: str, headers: dict[str, str]) -> Answer:
        status, body = answers.pop(0)
        return status, {}, body

    with document_server(handle) as address:
        key = begin(acme, uri=f"{address}/contract.pdf")
        assert fetch_all(key).status == "waiting"
        document = Document.objects.get(transaction_id=key)
        assert (document.fetch_attempts, OrmQ.objects.count()) == (1, 2)
        assert fetch_all(key).status == "waiting"
        assert fetch_all(key).status == "pending"
    assert kinds(Transaction.objects.get(id=key)).count("document.fetch_failed") == 2


def test_passing_faults_end_as_cannot_download(acme: House, loopback_open: None) -> None:
    with document_server(lambda *_: (503, {}, b"")) as address:
        key = begin(acme, uri=f"{address}/contract.pdf")
        for _ in range(3):
            row = fetch_all(key)
    assert (row.status, row.reason) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT")


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8000/a.pdf",
        "http://[::1]/a.pdf",
        "http://10.0.0.1/",
    ],
)
def test_inner_addresses_are_refused(acme: House, address: str) -> None:
    row = fetch_all(begin(acme, uri=address))
    assert (row.status, row.reason) == ("cancelled", "CANNOT_DOWNLOAD_DOCUMENT")
    assert "SIGILLO_OUTBOUND_ALLOW" in row.reason_detail or "address" in row.reason_detail


def test_strict_intake_refuses_what_else_is_a_warning(acme: House) -> None:
    content = pdf(extra_catalog="/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> ")
    accepted = fetch_all(begin(acme, uri=data_uri(content)))
    assert accepted.status == "pending"
    assert "javascript" in Document.objects.get(transaction=accepted).warnings
    acme.organization.strict_intake = True
    acme.organization.save()
    refused = fetch_all(begin(acme, uri=data_uri(content)))
    assert (refused.reason, refused.reason_code) == ("INVALID_DOCUMENT", "strict_javascript")


def test_a_cancelled_transaction_is_left_alone(acme: House) -> None:
    key = begin(acme)
    Transaction.objects.filter(id=key).update(status="cancelled")
    fetch_all(key)
    assert not Revision.objects.exists()
    assert Signature.objects.get().status == "waiting"
