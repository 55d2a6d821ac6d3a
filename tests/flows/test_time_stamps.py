"""Signatures with a time-stamp: made with one, or not at all; and nothing is lost by an authority's fault."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.base.errors import Forbidden, Invalid, NotFound, Unavailable
from sigillo.documents import store
from sigillo.engine.validate import ValidationReport, validate_pdf
from sigillo.flows.associate_identity import NewIdentity, associate_identity
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.perform import perform_automatic
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.signing_codes import send_signing_code
from sigillo.identities.models import OneTimePassword, TimestampUnit
from sigillo.identities.timestamp_services import new_request
from sigillo.identities.timestamping import trust_root
from sigillo.journal.models import Event
from sigillo.messages.contents import text_of
from sigillo.messages.models import Message
from sigillo.pki.certificates import describe
from sigillo.pki.tsa import write_request
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.stories import ARUBA, PASSWORD, begin, give_identity, kinds, ready, signatures
from tests.support.tsa_server import FAULTS, TsaServer, stamping_root, tsa_server, unit
from tests.support.world import House

STAMPED = NewSignature(signer="robot", profile="pades-t", page=1, position="rect: 50, 100, 200, 150")

pytestmark = pytest.mark.usefixtures("loopback_open", "no_memory")


@pytest.fixture
def tsa() -> Iterator[TsaServer]:
    with tsa_server() as server:
        yield server


def go_live(settings: Settings, *servers: TsaServer) -> None:
    """What began as a sandbox is an installation for production, with these authorities alone."""
    settings.SIGILLO_ENVIRONMENT = "production"
    settings.SIGILLO_TSA = tuple(server.service for server in servers)


def perform(house: House, signature: Signature) -> None:
    perform_automatic(house.owner.principal, signature.id, PASSWORD)


def newest() -> bytes:
    return b"".join(store.stream(Revision.objects.order_by("-number")[:1].get().digest))


def validated(*roots: bytes) -> ValidationReport:
    return validate_pdf(newest(), roots, at=now())


def test_in_a_sandbox_its_own_authority_stamps(acme: House) -> None:
    give_identity(acme)
    row = ready(acme, (STAMPED,), (NewSignature(signer="robot"),))
    for signature in signatures(row):
        perform(acme, signature)
    row.refresh_from_db()
    assert row.status == "performed"
    report = validated(trust_root())
    assert report.accepted
    stamp, none = (signature.timestamp for signature in report.signatures)
    assert stamp is not None
    assert (stamp.trusted, none) == (True, None)
    with_one, without = Event.objects.filter(kind="signature.performed").order_by("sequence")
    assert datetime.fromisoformat(with_one.data["timestamp_at"]) == stamp.at
    assert with_one.data["timestamp_certificate"] == describe(bytes(TimestampUnit.objects.get().certificate)).sha256
    assert not [name for name in without.data if name.startswith("timestamp")]


def test_the_operators_authority_stamps(acme: House, tsa: TsaServer, settings: Settings) -> None:
    give_identity(acme)
    row = ready(acme, (STAMPED,))
    go_live(settings, tsa)
    perform(acme, signatures(row)[0])
    report = validated(trust_root(), stamping_root().certificate)
    assert report.accepted
    stamp = report.signatures[0].timestamp
    assert stamp is not None
    assert stamp.trusted
    (told,) = Event.objects.filter(kind="signature.performed")
    assert told.data["timestamp_certificate"] == describe(unit().certificate).sha256
    assert (len(tsa.asked), TimestampUnit.objects.exists()) == (1, False)


@pytest.mark.parametrize("fault", FAULTS)
def test_without_a_time_stamp_nothing_has_changed_and_the_next_try_succeeds(
    acme: House, tsa: TsaServer, settings: Settings, fault: str
) -> None:
    give_identity(acme)
    row = ready(acme, (NewSignature(signer="robot"), STAMPED))
    go_live(settings, tsa)
    plain, signature = signatures(row)
    tsa.asked.append(write_request(new_request(b"x" * 32)))
    tsa.behave = FAULTS[fault]
    with pytest.raises(Unavailable, match="nothing was signed"):
        perform(acme, signature)
    signature.refresh_from_db()
    document = Document.objects.get()
    assert (signature.status, signature.attempt, signature.identity_id) == ("pending", None, None)
    assert (document.head, document.lease, Revision.objects.count()) == (1, None, 1)
    assert kinds(row)[-2:] == ["signature.intent", "signature.abandoned"]
    perform(acme, plain)  # what needs no time-stamp goes on
    tsa.behave = TsaServer().behave
    perform(acme, signature)
    row.refresh_from_db()
    assert (row.status, kinds(row).count("signature.performed")) == ("performed", 2)


def _said() -> list[str]:
    """What the journal says of one-time passwords."""
    told = Event.objects.filter(kind__startswith="one_time_password.").order_by("sequence")
    return [kind.partition(".")[2] for kind in told.values_list("kind", flat=True)]


def test_a_code_is_not_burnt_by_an_authority(acme: House, bravo: House, tsa: TsaServer, settings: Settings) -> None:
    new = NewIdentity("aruba", label="own", provider_data=ARUBA)
    identity = associate_identity(acme.user.principal, "ugo", new)
    one = NewSignature(signer="ugo", profile="pades-t")
    row = ready(acme, (one, one))
    first, second = signatures(row)
    send_signing_code(acme.user.principal, identity.id)
    code = str(text_of(Message.objects.get())).split()[0]
    go_live(settings, tsa)

    def sign(signature: Signature, otp: str = code) -> None:
        perform_with_identity(acme.user.principal, identity.id, signature.id, otp=otp, pin="")

    tsa.behave = FAULTS["error"]
    for _ in range(2):
        with pytest.raises(Unavailable):
            sign(first)
    assert _said() == ["issued", "used", "given_back", "used", "given_back"]
    tsa.behave = TsaServer().behave
    with pytest.raises(NotFound):
        perform_with_identity(bravo.user.principal, identity.id, first.id, otp=code, pin="")
    with pytest.raises(Forbidden, match="wrong"):
        sign(first, f"{(int(code) + 1) % 10**6:06d}")
    sign(first)
    sign(second)  # a code is good once for each signature
    assert _said()[5:] == ["refused", "used", "used"]
    assert OneTimePassword.objects.get().used_at is not None
    row.refresh_from_db()
    assert row.status == "performed"


def test_a_profile_that_cannot_be_had_is_refused_at_once(acme: House, settings: Settings) -> None:
    go_live(settings)
    with pytest.raises(Invalid, match="needs a time-stamping authority") as refused:
        begin(acme, (STAMPED,))
    assert refused.value.code == "no_timestamp_authority"
    assert refused.value.message.startswith("documents[0].groups[0][0].profile")
    assert not Transaction.objects.exists()


def test_an_authority_that_the_operator_took_away_leaves_it_pending(acme: House, settings: Settings) -> None:
    give_identity(acme)
    row = ready(acme, (STAMPED,))
    go_live(settings)
    with pytest.raises(Unavailable, match="SIGILLO_TSA_URLS"):
        perform(acme, signatures(row)[0])
    assert (signatures(row)[0].status, kinds(row)[-1]) == ("pending", "signature.abandoned")
