"""The main job with documents in a bucket: done as on a disk, and put off without a trace while the server is gone."""

import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from pytest_django import Settings

from sigillo.blobs.errors import BlobStoreFailed
from sigillo.blobs.s3 import calls
from sigillo.flows.upkeep import sweep
from sigillo.identities.models import Authority
from sigillo.installation import blobs
from sigillo.journal.models import Event
from sigillo.transactions.models import Document, Revision, Transaction
from tests.api.bodies import document_body, transaction_body
from tests.api.calling import Answer, assert_refused, get, post
from tests.flows.stories import PASSWORD, begin, data_uri, fetch_all, give_identity, kinds, ready, signatures
from tests.support.judges import nss_database, pdfsig
from tests.support.pages import pdf
from tests.support.programs import needs
from tests.support.s3_server import BUCKET, KEYS, S3Server
from tests.support.server import document_server
from tests.support.world import House


@pytest.fixture
def prefix(settings: Settings, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A place of the test's own in the bucket, where this installation keeps its documents."""
    prefix = f"{uuid.uuid4()}/"
    monkeypatch.setattr(calls, "ATTEMPTS", 1)
    settings.SIGILLO_BLOBS, settings.SIGILLO_S3_KEYS = s3_server.location(prefix), KEYS
    blobs.cache_clear()
    yield prefix
    blobs.cache_clear()


def _perform(house: House, row: Transaction) -> Answer:
    path = f"/api/v1/acme/signatures/{signatures(row)[0].id}/perform"
    return post(house.owner, path, {"password": PASSWORD})


def _download(house: House, row: Transaction) -> Answer:
    return get(house.owner, f"/api/v1/acme/documents/{Document.objects.get(transaction=row).id}/download")


@needs("pdfsig", "certutil")
def test_the_main_job(acme: House, bravo: House, prefix: str, s3_server: S3Server, tmp_path: Path) -> None:
    give_identity(acme)
    body = transaction_body(document_body(document_uri=data_uri(pdf())))
    answer = post(acme.owner, "/api/v1/acme/signature-transactions", body)
    assert (answer.status, answer.data["status"]) == (201, "waiting")
    row = fetch_all(uuid.UUID(answer.data["id"]))
    assert (row.status, _perform(acme, row).status) == ("pending", 200)
    row.refresh_from_db()
    assert row.status == "performed"

    signed = _download(acme, row).content
    (tmp_path / "signed.pdf").write_bytes(signed)
    root = bytes(Authority.objects.get(parent=None).certificate)
    (verdict,) = pdfsig(tmp_path / "signed.pdf", nss_database(tmp_path / "nss", root))
    assert verdict.valid, verdict.text  # for trust it would ask our responder, and no server of ours runs here
    assert verdict.total, verdict.text

    digests = list(Revision.objects.order_by("number").values_list("digest", flat=True))
    assert digests == [sha256(pdf()).hexdigest(), sha256(signed).hexdigest()]
    assert s3_server.keys(prefix) == {f"{digest[:2]}/{digest[2:4]}/{digest}" for digest in digests}
    assert sweep() == 0
    document = Document.objects.get(transaction=row)
    assert get(bravo.owner, f"/api/v1/bravo/documents/{document.id}/download").status == 404


def test_while_the_server_is_gone_nothing_is_done_by_halves(
    acme: House, prefix: str, s3_server: S3Server, loopback_open: None
) -> None:
    give_identity(acme)
    row = ready(acme)
    with document_server(lambda *_: (200, {"Content-Type": "application/pdf"}, pdf(text="from afar"))) as address:
        fetched = begin(acme, uri=f"{address}/contract.pdf")
        events = Event.objects.count()
        with s3_server.down():
            body = transaction_body(document_body(document_uri=data_uri(pdf(text="another"))))
            created = post(acme.owner, "/api/v1/acme/signature-transactions", body)
            for answer in (created, _perform(acme, row), _download(acme, row)):
                assert_refused(answer, 503, "storage_unavailable", "try again")
            with pytest.raises(BlobStoreFailed):  # the queue runs the job again
                fetch_all(fetched)
        assert set(Transaction.objects.values_list("id", flat=True)) == {row.id, fetched}
        assert (signatures(row)[0].status, Revision.objects.count()) == ("pending", 1)
        assert kinds(row)[-2:] == ["signature.intent", "signature.abandoned"]
        assert Event.objects.count() == events + 2
        assert (_perform(acme, row).status, fetch_all(fetched).status) == (200, "pending")
    assert _download(acme, row).content.startswith(pdf())


def test_a_damaged_document_is_named_and_healed(
    acme: House, prefix: str, s3_server: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    give_identity(acme)
    row = ready(acme)
    digest = Revision.objects.get().digest
    key = f"{prefix}{digest[:2]}/{digest[2:4]}/{digest}"
    s3_server.client.put_object(Bucket=BUCKET, Key=key, Body=pdf(text="Another agreement"))
    for answer in (_download(acme, row), _perform(acme, row)):
        assert_refused(answer, 503, "document_damaged", "damaged")
    assert digest in caplog.text
    assert (signatures(row)[0].status, kinds(row)[-1]) == ("pending", "signature.abandoned")
    s3_server.client.delete_object(Bucket=BUCKET, Key=key)
    assert_refused(_download(acme, row), 503, "document_missing", "backup")
    begin(acme)
    assert _perform(acme, row).status == 200
