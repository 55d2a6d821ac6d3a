"""CAdES signatures: of any file, beside one another in one envelope, around a PDF that may be signed inside."""

import base64
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.base.errors import Invalid, SigilloError, Unavailable
from sigillo.blobs.types import Stored
from sigillo.documents import store
from sigillo.engine.validate import Verdict
from sigillo.engine.validate_envelope import validate_envelope
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction, create_transaction
from sigillo.flows.download_document import Download, download_document
from sigillo.flows.perform import perform_automatic
from sigillo.identities.timestamping import trust_root
from sigillo.installation import blobs
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import PASSWORD, fetch_all, give_identity, kinds, signatures
from tests.support.judges import openssl_envelope, openssl_timestamp
from tests.support.pages import pdf
from tests.support.programs import needs
from tests.support.world import House

PADES, PADES_T = (NewSignature(signer="robot", profile=profile) for profile in ("pades-bes", "pades-t"))
CADES, CADES_T = (NewSignature(signer="robot", profile=profile) for profile in ("cades-bes", "cades-t"))

pytestmark = pytest.mark.usefixtures("no_memory")


def archive() -> bytes:
    """A file that is no PDF."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(zipfile.ZipInfo("contract.txt"), "The parties agree. " * 100)
    return out.getvalue()


def begun(house: House, content: bytes, *groups: tuple[NewSignature, ...], name: str = "Work Contract") -> Transaction:
    uri = "data:application/zip;base64," + base64.b64encode(content).decode()
    document = NewDocument(document_uri=uri, groups=groups, display_name=name)
    key = create_transaction(house.owner.principal, NewTransaction(documents=(document,)))
    return fetch_all(key)


def perform(house: House, signature: Signature) -> None:
    perform_automatic(house.owner.principal, signature.id, PASSWORD)


def downloaded(house: House, row: Transaction) -> tuple[Download, bytes]:
    found = download_document(house.owner.principal, Document.objects.get(transaction=row).id)
    content = b"".join(found.chunks)
    assert len(content) == found.size
    return found, content


@needs("openssl")
def test_any_file_is_put_into_an_envelope_and_signed_beside(acme: House, bravo: House, tmp_path: Path) -> None:
    give_identity(acme)
    row = begun(acme, archive(), (CADES, CADES_T), (CADES,), name="archive.zip")
    assert (row.status, row.reason_detail) == ("pending", "")
    found, content = downloaded(acme, row)
    assert (found.file_name, found.media_type, content) == ("archive.zip", "application/octet-stream", archive())
    for number, signature in enumerate(signatures(row), 1):
        perform(acme, signature)
        found, content = downloaded(acme, row)
        assert (found.file_name, found.media_type) == ("archive.zip.p7m", "application/pkcs7-mime")
        assert openssl_envelope(content, trust_root(), tmp_path) == archive()
        report = validate_envelope(content, [trust_root()], at=now())
        assert (report.verdict, len(report.signatures)) == (Verdict.VALID, number)
        assert Revision.objects.get(number=number + 1).digest == found.digest
    assert openssl_timestamp(content, trust_root(), tmp_path) == [True]
    row.refresh_from_db()
    assert (row.status, Document.objects.get().pages) == ("performed", None)
    assert kinds(row).count("signature.performed") == 3
    with pytest.raises(SigilloError, match="no such document"):
        download_document(bravo.owner.principal, Document.objects.get().id)


@needs("openssl")
def test_a_pdf_is_signed_inside_before_it_is_put_into_its_envelope(acme: House, tmp_path: Path) -> None:
    give_identity(acme)
    row = begun(acme, pdf(), (PADES, PADES_T), (CADES_T,), (CADES,))
    for signature in signatures(row):
        perform(acme, signature)
    found, content = downloaded(acme, row)
    assert (found.file_name, found.media_type) == ("Work Contract.pdf.p7m", "application/pkcs7-mime")
    inside = b"".join(store.stream(Revision.objects.get(number=3).digest))
    assert openssl_envelope(content, trust_root(), tmp_path) == inside
    report = validate_envelope(content, [trust_root()], at=now())
    assert (report.verdict, report.problems) == (Verdict.VALID, ())
    subfilters = [signature.subfilter for signature in report.signatures]
    assert subfilters == ["ETSI.CAdES.detached", "ETSI.CAdES.detached", "CAdES", "CAdES"]
    row.refresh_from_db()
    assert row.status == "performed"


def test_a_pdf_is_known_as_one_also_where_it_is_only_enveloped(acme: House) -> None:
    row = begun(acme, pdf(), (CADES,))
    assert Document.objects.get(transaction=row).pages == 1
    found, _ = downloaded(acme, row)
    assert (found.file_name, found.media_type) == ("Work Contract.pdf", "application/pdf")


@pytest.mark.parametrize("content", [b"%PDF-1.7 and nothing else", b"x", bytes(5000)])
def test_what_is_no_pdf_is_no_obstacle_to_an_envelope(acme: House, content: bytes) -> None:
    row = begun(acme, content, (CADES,))
    assert (row.status, Document.objects.get().pages) == ("pending", None)
    found, _ = downloaded(acme, row)
    assert (found.file_name, found.media_type) == ("Work Contract.bin", "application/octet-stream")


def test_what_is_no_pdf_gets_no_signature_inside(acme: House) -> None:
    row = begun(acme, archive(), (PADES,), (CADES,))
    assert (row.status, row.reason, row.reason_code) == ("cancelled", "INVALID_DOCUMENT", "not_a_pdf")
    empty = begun(acme, b"", (CADES,))
    assert (empty.status, empty.reason_code) == ("cancelled", "empty_document")


def test_a_strict_organization_refuses_a_suspicious_pdf_in_an_envelope_too(acme: House) -> None:
    acme.organization.strict_intake = True
    acme.organization.save()
    scripted = pdf().replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /JavaScript /JS (x) >>", 1)
    row = begun(acme, scripted, (CADES,))
    assert (row.status, row.reason) == ("cancelled", "INVALID_DOCUMENT")
    assert row.reason_code.startswith("strict_")


@pytest.mark.parametrize(
    ("groups", "place"),
    [(((CADES,), (PADES,)), 1), (((PADES, CADES),), 0), (((PADES,), (CADES,), (CADES_T, PADES_T)), 2)],
)
def test_nothing_enters_a_pdf_in_its_envelope(
    acme: House, groups: tuple[tuple[NewSignature, ...], ...], place: int
) -> None:
    with pytest.raises(Invalid, match="no PAdES signature can follow") as refused:
        begun(acme, pdf(), *groups)
    assert refused.value.code == "pades_after_cades"
    assert refused.value.message.startswith(f"documents[0].groups[{place}]: ")
    assert not Transaction.objects.exists()


def test_an_envelope_is_seen_on_no_page(acme: House) -> None:
    placed = NewSignature(signer="robot", profile="cades-bes", page=1, position="rect: 50, 100, 200, 150")
    with pytest.raises(Invalid, match="leave where out") as refused:
        begun(acme, pdf(), (placed,))
    assert refused.value.code == "no_place_in_envelope"


def test_an_envelope_from_elsewhere_is_a_file_like_any_other(acme: House) -> None:
    give_identity(acme)
    first = begun(acme, archive(), (CADES,))
    perform(acme, signatures(first)[0])
    _, envelope = downloaded(acme, first)
    second = begun(acme, envelope, (CADES,), name="contract.p7m")
    perform(acme, signatures(second)[0])
    found, content = downloaded(acme, second)
    assert found.file_name == "contract.p7m.p7m"
    assert envelope in content
    assert len(validate_envelope(content, [trust_root()], at=now()).signatures) == 1


def test_without_a_time_stamp_there_is_no_envelope(acme: House, settings: Settings) -> None:
    give_identity(acme)
    row = begun(acme, archive(), (CADES_T,))
    settings.SIGILLO_ENVIRONMENT = "production"
    with pytest.raises(Unavailable):
        perform(acme, signatures(row)[0])
    assert (signatures(row)[0].status, Revision.objects.count()) == ("pending", 1)
    settings.SIGILLO_ENVIRONMENT = "sandbox"
    perform(acme, signatures(row)[0])
    assert signatures(row)[0].status == "performed"


def _damage(digest: str, content: bytes) -> None:
    with blobs().local(digest) as path:
        path.chmod(0o600)
        path.write_bytes(content)


@pytest.mark.parametrize("number", [1, 2])
def test_a_damaged_base_is_not_signed(acme: House, number: int) -> None:
    give_identity(acme)
    row = begun(acme, archive(), (CADES, CADES))
    one, other = signatures(row)
    if number == 2:
        perform(acme, one)
    base = Revision.objects.get(number=number)
    content = b"".join(store.stream(base.digest))
    for damaged in (content[:-1], content[:50] + b"?" + content[51:], content + b"?"):
        _damage(base.digest, damaged)
        with pytest.raises(Unavailable, match="restore it"):
            perform(acme, other)
        assert (signatures(row)[1].status, Revision.objects.count()) == ("pending", number)
    _damage(base.digest, content)
    perform(acme, other)
    assert signatures(row)[1].status == "performed"


@pytest.mark.parametrize("later", [archive()[:-1], archive()[:-1] + b"?"])
def test_a_base_that_changes_while_it_is_signed_is_not_kept(
    acme: House, monkeypatch: pytest.MonkeyPatch, later: bytes
) -> None:
    give_identity(acme)
    row = begun(acme, archive(), (CADES,))
    keep = store.keep

    def keep_something_else(pieces: Iterable[bytes]) -> Stored:
        _damage(Revision.objects.get(number=1).digest, later)
        return keep(pieces)

    monkeypatch.setattr(store, "keep", keep_something_else)
    with pytest.raises(Unavailable, match="restore it"):
        perform(acme, signatures(row)[0])
    assert (signatures(row)[0].status, Revision.objects.count()) == ("pending", 1)
