"""The picture of an identity: fetched from where it is, by the rules for addresses of others, and kept by digest."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sigillo.base.errors import Forbidden, Invalid, NotFound
from sigillo.documents import store
from sigillo.documents.pictures import MAX_BYTES
from sigillo.flows.appearance import delete_appearance, set_appearance
from sigillo.identities.models import Identity
from sigillo.journal.models import Event
from tests.flows.stories import give_identity
from tests.support.drawings import drawn, opened
from tests.support.server import Answer, document_server
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")


@contextmanager
def _serving(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Iterator[str]:
    def answer(_method: str, _path: str, _headers: dict[str, str]) -> Answer:
        return status, headers or {}, body

    with document_server(answer) as address:
        yield f"{address}/picture.png"


def _kept() -> tuple[str, str]:
    row = Identity.objects.get()
    return row.appearance_uri, row.appearance_digest


def test_it_is_fetched_drawn_anew_and_kept(acme: House) -> None:
    key = give_identity(acme)
    with _serving(
        drawn("JPEG"), headers={"Content-Type": "text/html"}
    ) as address:  # what it is shows in its bytes alone
        row = set_appearance(acme.owner.principal, key, address)
    assert (row.appearance_uri, row.appearance_digest) == _kept()
    assert row.appearance_uri == address
    picture = opened(b"".join(store.stream(row.appearance_digest)))
    assert (picture.format, picture.size) == ("PNG", (300, 100))
    said = Event.objects.get(kind="identity.appearance_set")
    assert said.data == {"identity": str(key), "digest": row.appearance_digest}
    assert address not in str(list(Event.objects.values_list("data", flat=True)))


def test_another_takes_its_place_and_none_is_one_too(acme: House) -> None:
    key = give_identity(acme)
    for picture in (drawn(), drawn(size=(30, 10))):
        with _serving(picture) as address:
            digest = set_appearance(acme.rao.principal, key, address).appearance_digest
            assert _kept() == (address, digest)
    assert delete_appearance(acme.owner.principal, key).appearance_uri == ""
    assert _kept() == ("", "")
    delete_appearance(acme.owner.principal, key)
    kinds = list(Event.objects.filter(kind__startswith="identity.appearance").values_list("kind", flat=True))
    assert sorted(kinds) == ["identity.appearance_deleted"] * 2 + ["identity.appearance_set"] * 2


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (200, {}, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (200, {}, b"", "outbound_empty"),
        (404, {}, drawn(), "outbound_status"),
        (200, {}, bytes(MAX_BYTES + 1), "outbound_too_large"),
        (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b"", "outbound_address"),
        (302, {"Location": "http://10.0.0.1/picture.png"}, b"", "outbound_address"),
        (302, {"Location": "http://[::ffff:10.0.0.1]/picture.png"}, b"", "outbound_address"),
        (302, {"Location": "file:///etc/passwd"}, b"", "outbound_scheme"),
        (302, {"Location": "/picture.png"}, b"", "outbound_redirect"),
    ],
    ids=["SVG", "nothing", "404", "too large", "metadata", "private", "mapped", "file", "in a circle"],
)
def test_what_brings_no_picture_changes_nothing(
    acme: House, status: int, headers: dict[str, str], body: bytes, code: str
) -> None:
    key = give_identity(acme)
    events = Event.objects.count()
    with _serving(body, status, headers) as address, pytest.raises(Invalid) as refusal:
        set_appearance(acme.owner.principal, key, address)
    assert refusal.value.code == code
    assert (_kept(), Event.objects.count()) == (("", ""), events)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("http://169.254.169.254/picture.png", "outbound_address"),
        ("http://me:secret@example.org/picture.png", "outbound_userinfo"),
        ("http://127.0.0.1:1/picture.png", "outbound_unreachable"),
    ],
)
def test_where_nobody_calls_or_answers(acme: House, uri: str, code: str) -> None:
    key = give_identity(acme)
    with pytest.raises(Invalid) as refusal:
        set_appearance(acme.owner.principal, key, uri)
    assert refusal.value.code == code
    assert refusal.value.message.startswith("signature_appearance_uri: ")
    assert "secret" not in refusal.value.message
    assert _kept() == ("", "")


def test_others_give_and_take_nothing(acme: House, bravo: House) -> None:
    key = give_identity(acme)
    with _serving(drawn()) as address:
        for actor in (bravo.owner, bravo.rao, acme.user):
            with pytest.raises(NotFound):
                set_appearance(actor.principal, key, address)
            with pytest.raises(NotFound):
                delete_appearance(actor.principal, key)
        with pytest.raises(Forbidden):
            set_appearance(acme.automatic.principal, key, address)
    assert _kept() == ("", "")
