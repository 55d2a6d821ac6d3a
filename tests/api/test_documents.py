"""GET a document: its bytes as they are now, and headers that keep them where they belong."""

import hashlib

from sigillo.transactions.models import Document
from tests.api.bodies import document_body, transaction_body
from tests.api.calling import assert_refused, get, post, send
from tests.flows.stories import PASSWORD, data_uri, fetch_all, give_identity
from tests.support.pages import pdf
from tests.support.world import House

PATH = "/api/v1/acme/signature-transactions"


def _pending(acme: House, **changes: object) -> str:
    answer = post(acme.owner, PATH, transaction_body(document_body(**changes)))
    assert answer.status == 201, answer.content
    row = fetch_all(answer.data["id"])
    assert row.status == "pending"
    return str(Document.objects.get(transaction=row).id)


def test_bytes_and_headers(acme: House) -> None:
    original = pdf(text="The very bytes")
    key = _pending(acme, document_uri=data_uri(original), display_name="Łukasz 王")
    answer = get(acme.owner, f"/api/v1/acme/documents/{key}/download", Accept="application/json")
    assert (answer.status, answer.content) == (200, original)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(original))
    assert answer.headers["ETag"] == f'"{hashlib.sha256(original).hexdigest()}"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''%C5%81ukasz%20%E7%8E%8B.pdf")


def test_an_empty_json_body_is_no_obstacle(acme: House) -> None:
    """Client libraries send the content type with every request."""
    key = _pending(acme)
    answer = get(acme.owner, f"/api/v1/acme/documents/{key}/download", **{"Content-Type": "application/json"})
    assert answer.status == 200


def test_head_is_answered_like_get(acme: House) -> None:
    key = _pending(acme)
    answer = send(acme.owner, "HEAD", f"/api/v1/acme/documents/{key}/download")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")


def test_signed_bytes_begin_with_the_original(acme: House) -> None:
    give_identity(acme)
    original = pdf()
    key = _pending(acme, document_uri=data_uri(original))
    signature = Document.objects.get(id=key).signatures.get()
    performed = post(acme.owner, f"/api/v1/acme/signatures/{signature.id}/perform", {"password": PASSWORD})
    assert (performed.status, performed.data) == (200, {"password": "********"})
    signed = get(acme.owner, f"/api/v1/acme/documents/{key}/download").content
    assert signed.startswith(original)
    assert b"ETSI.CAdES.detached" in signed[len(original) :]


def test_what_is_not_here_yet_is_a_conflict(acme: House) -> None:
    answer = post(acme.owner, PATH, transaction_body())
    key = Document.objects.get(transaction_id=answer.data["id"]).id
    assert_refused(get(acme.owner, f"/api/v1/acme/documents/{key}/download"), 409, "document_not_ready", "waiting")
    assert_refused(get(acme.owner, "/api/v1/acme/documents/nonsense/download"), 404, "document_not_found")
