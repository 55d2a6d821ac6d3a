"""The sweep takes what no row speaks of, and nothing else: it asks the rows themselves."""

import os
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from sigillo.documents import store
from sigillo.flows.appearance import set_appearance
from sigillo.flows.identities import delete_identity
from sigillo.flows.perform import perform_automatic
from sigillo.flows.upkeep import sweep
from sigillo.installation import blobs
from sigillo.transactions.models import Document, Revision
from tests.flows.stories import PASSWORD, begin, data_uri, fetch_all, give_identity, ready, signatures
from tests.support.drawings import drawn
from tests.support.pages import pdf
from tests.support.server import document_server
from tests.support.world import House


@pytest.fixture(autouse=True)
def own_blobs(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A store that holds only what the test put there, so that what is swept can be counted."""
    settings.SIGILLO_BLOBS = f"file:{tmp_path / 'blobs'}"
    blobs.cache_clear()
    yield
    blobs.cache_clear()


def _age(settings: Settings, minutes: int, *digests: str) -> None:
    """Set back the files of these digests, or of all."""
    then = time.time() - 60 * minutes
    for path in Path(urlsplit(settings.SIGILLO_BLOBS).path).glob("??/??/*"):
        if not digests or path.name in digests:
            os.utime(path, (then, then))


def test_signed_revisions_and_their_originals_stay(acme: House, settings: Settings) -> None:
    give_identity(acme)
    row = ready(acme)
    perform_automatic(acme.owner.principal, signatures(row)[0].id, PASSWORD)
    orphan = store.keep([b"bytes whose row never came"]).digest
    original, signed = Revision.objects.order_by("number").values_list("digest", flat=True)
    _age(settings, 120)
    assert sweep() == 1
    assert [blobs().exists(digest) for digest in (original, signed, orphan)] == [True, True, False]
    assert blobs().verify(signed)


def test_what_was_fetched_stays(acme: House, settings: Settings, loopback_open: None) -> None:
    with document_server(lambda *_: (200, {"Content-Type": "application/pdf"}, pdf(text="from afar"))) as address:
        row = fetch_all(begin(acme, uri=f"{address}/contract.pdf"))
    _age(settings, 120)
    assert sweep() == 0
    assert b"".join(store.stream(Revision.objects.get(document__transaction=row).digest)) == pdf(text="from afar")


def test_bytes_that_wait_for_their_worker_stay(acme: House, settings: Settings) -> None:
    """Of a `data:` document only its own row speaks until it is accepted, and it may wait for hours."""
    key = begin(acme, uri=data_uri(pdf(text="waits")))
    _age(settings, 60 * 24)
    assert not Revision.objects.exists()
    assert sweep() == 0
    assert fetch_all(key).status == "pending"
    assert b"".join(store.stream(Document.objects.get().source_digest)) == pdf(text="waits")


def test_orphans_go_once_they_are_an_hour_old(acme: House, settings: Settings) -> None:
    young, old, older = (store.keep([f"orphan {number}".encode()]).digest for number in range(3))
    _age(settings, 58, young)
    _age(settings, 62, old)
    _age(settings, 600, older)
    assert sweep() == 2
    assert [blobs().exists(digest) for digest in (young, old, older)] == [True, False, False]
    assert sweep() == 0


def test_every_orphan_goes_and_no_document_among_a_thousand(acme: House, settings: Settings) -> None:
    """More files than one question to the database may name, the document somewhere between them."""
    key = begin(acme)
    root = Path(urlsplit(settings.SIGILLO_BLOBS).path)
    for number in range(1200):
        digest = sha256(str(number).encode()).hexdigest()
        path = root / digest[:2] / digest[2:4] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    _age(settings, 120)
    assert sweep() == 1200
    assert [path.name for path in root.glob("??/??/*")] == [Document.objects.get(transaction_id=key).source_digest]


def test_the_picture_of_an_identity_stays_as_long_as_the_identity(
    acme: House, settings: Settings, loopback_open: None
) -> None:
    key = give_identity(acme)
    with document_server(lambda *_: (200, {}, drawn())) as address:
        digest = set_appearance(acme.owner.principal, key, f"{address}/picture.png").appearance_digest
    _age(settings, 120)
    assert (sweep(), blobs().exists(digest)) == (0, True)
    delete_identity(acme.owner.principal, key)
    assert (sweep(), blobs().exists(digest)) == (1, False)
