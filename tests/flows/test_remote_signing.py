"""A signature by a key at a signing service: made once, or not at all, with everything as it was before."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connection, connections
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from sigillo.base.ids import new_id
from sigillo.documents import store
from sigillo.engine.validate import validate_pdf
from sigillo.flows.create_transaction import NewSignature
from sigillo.flows.perform import perform_automatic
from sigillo.flows.sign import LEASE, Attempt, sign
from sigillo.identities.factors import check_password, counting_refusals
from sigillo.identities.keys import send_otp
from sigillo.identities.models import Identity
from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.values import Service
from sigillo.journal.models import Event
from sigillo.secrets.passwords import hash_password
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.flows.remote import associate, configured, rows, told
from tests.flows.stories import PASSWORD, begin, fetch_all, give_identity, ready, signatures
from tests.outbound.servers import Reply, reply
from tests.support.people import people
from tests.support.signing_service import OTP, Held, SigningService
from tests.support.world import House

pytestmark = pytest.mark.usefixtures("loopback_open")
SIGNING = ["credentials/info", "credentials/authorize", "signatures/signHash"]


@pytest.fixture
def service(settings: Settings) -> Iterator[SigningService]:
    """A service for `aruba-auto`, which logs in by none so that each test sees what counts."""
    with configured(settings, auth="external") as running:
        yield running


def _perform(house: House, row: Transaction, password: str = PASSWORD) -> None:
    perform_automatic(house.owner.principal, signatures(row)[0].id, password)


def test_it_is_made_with_one_use_of_the_key(acme: House, service: SigningService) -> None:
    identity, row = associate(acme), ready(acme)
    service.asked.clear()
    _perform(acme, row)
    assert service.methods == SIGNING
    first, second = Revision.objects.order_by("number")
    original, signed = (b"".join(store.stream(revision.digest)) for revision in (first, second))
    assert signed.startswith(original)
    report = validate_pdf(signed, [people().root], at=now())
    assert report.accepted, report
    performed = Event.objects.get(kind="signature.performed").data
    assert (performed["identity"], performed["factor"]) == (str(identity.id), "password")
    assert told(row.id)[-3:] == ["signature.intent", "signature.performed", "transaction.performed"]


def test_a_wrong_password_is_the_services_to_find_and_ours_to_count(acme: House, service: SigningService) -> None:
    identity, row = associate(acme), ready(acme)
    before, asked = rows()[1:], told(row.id)
    for tries in range(1, 6):
        with pytest.raises(Forbidden, match="not that of") as caught:
            _perform(acme, row, "wrong")
        assert caught.value.code == "wrong_password"
        assert Identity.objects.get().failed_attempts == tries
    service.asked.clear()
    with pytest.raises(Forbidden, match="locked"):
        _perform(acme, row)
    assert not service.asked, "a locked identity is not tried at the service"
    assert rows()[1:] == before
    assert told(row.id) == asked + ["signature.intent", "signature.abandoned"] * 5
    assert told(acme.organization.id)[-5:] == ["identity.password_refused"] * 4 + ["identity.locked"]
    assert not any("wrong" in str(event.data) for event in Event.objects.all())
    again = associate(acme)
    _perform(acme, row)
    assert signatures(row)[0].identity_id == again.id != identity.id


def test_a_right_password_forgets_the_wrong_ones_before_it(acme: House, service: SigningService) -> None:
    associate(acme)
    Identity.objects.update(failed_attempts=4)
    _perform(acme, ready(acme))
    assert Identity.objects.get().failed_attempts == 0


def test_a_wrong_login_is_counted_too(acme: House, settings: Settings) -> None:
    with configured(settings, auth="basic"):
        associate(acme)
        row = ready(acme)
        with pytest.raises(Forbidden, match="user name and password"):
            _perform(acme, row, "wrong")
    assert Identity.objects.get().failed_attempts == 1


def test_a_password_that_the_service_does_not_know_is_checked_here_first(acme: House, settings: Settings) -> None:
    with configured(settings, seal=Held(people().rsa, pin=False, mode="implicit")) as running:
        associate(acme)
        row = ready(acme)
        running.asked.clear()
        with pytest.raises(Forbidden, match="not that of"):
            _perform(acme, row, "wrong")
        assert (running.asked, Identity.objects.get().failed_attempts) == ([], 1)
        _perform(acme, row)
    assert signatures(row)[0].status == "performed"


def stolen(handler: BaseHTTPRequestHandler) -> None:
    reply(200, b'{"signatures": ["' + b"A" * 344 + b'"]}')(handler)


FAILURES: list[tuple[str, Reply]] = [
    *[(method, reply(500)) for method in SIGNING],
    ("credentials/authorize", reply(200, b"<html>")),
    ("credentials/authorize", reply(302, Location="/")),
    ("signatures/signHash", reply(200, b'{"signatures": []}')),
    ("signatures/signHash", reply(200, b"x" * 300_000)),
    ("signatures/signHash", stolen),
]


def test_a_service_that_fails_signs_nothing_and_may_be_tried_again(
    acme: House, bravo: House, service: SigningService
) -> None:
    associate(acme)
    row, other = ready(acme), ready(bravo)
    before, untouched = rows(), told(other.id)
    for number, (method, lie) in enumerate(FAILURES, 1):
        service.lies = {method: lie}
        with pytest.raises(Unavailable, match="signing service of aruba-auto"):
            _perform(acme, row)
        assert service.methods[-1] == method
        assert rows() == before, "both leases are back and no wrong try was counted"
        assert told(row.id) == untouched + ["signature.intent", "signature.abandoned"] * number
    service.lies.clear()
    _perform(acme, row)
    assert signatures(row)[0].status == "performed"
    assert told(other.id) == untouched


def test_a_service_that_says_nothing_is_waited_for_no_longer_than_its_time(
    acme: House, settings: Settings, service: SigningService
) -> None:
    associate(acme)
    row = ready(acme)
    service.seconds = 0.2
    settings.SIGILLO_CSC = {"aruba-auto": service.service}
    service.lies["credentials/authorize"] = lambda handler: handler.connection.recv(1) and None
    with pytest.raises(Unavailable, match="did not answer in time"):
        _perform(acme, row)
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("pending", None)
    assert Document.objects.get().lease is None


def test_an_operation_is_over_before_its_lease(service: SigningService) -> None:
    assert Service("aruba", "https://x/csc/v1", "v1", "external").seconds * 2 < LEASE.total_seconds()


def test_another_certificate_is_another_identity(acme: House, service: SigningService) -> None:
    associate(acme)
    row = ready(acme)
    before = rows()
    service.credentials["seal"] = Held(people().third)
    service.asked.clear()
    with pytest.raises(Invalid, match="another certificate"):
        _perform(acme, row)
    assert service.methods == ["credentials/info"], "the password did not get there"
    assert (rows(), told(row.id)[-2:]) == (before, ["signature.intent", "signature.abandoned"])


def test_a_service_that_was_taken_away(acme: House, settings: Settings, service: SigningService) -> None:
    associate(acme)
    row = ready(acme)
    settings.SIGILLO_CSC = {}
    with pytest.raises(Invalid, match="not configured") as caught:
        _perform(acme, row)
    assert caught.value.code == "provider_not_configured"
    assert (signatures(row)[0].status, signatures(row)[0].attempt) == ("pending", None)


def test_a_key_that_is_here_stays_here(acme: House, settings: Settings, service: SigningService) -> None:
    """The operator configured the service after the sandbox had stood in for it."""
    services, settings.SIGILLO_CSC = settings.SIGILLO_CSC, {}
    settings.SIGILLO_ENVIRONMENT = "sandbox"
    give_identity(acme)
    settings.SIGILLO_CSC = services
    _perform(acme, ready(acme))
    with pytest.raises(Invalid, match="no one-time password"):
        send_otp(Identity.objects.get())
    assert not service.asked


def test_a_key_that_is_nowhere_is_opened_by_no_password(acme: House) -> None:
    """Neither key, nor service, nor password, as where the key is on somebody's token."""
    give_identity(acme)
    Identity.objects.update(sealed_key="", password_hash="")
    for password in ("", PASSWORD):
        with pytest.raises(Forbidden):
            check_password(Identity.objects.get(), password, actor="user:test")


def test_outsiders_do_not_reach_the_service(acme: House, bravo: House, service: SigningService) -> None:
    associate(acme)
    row = ready(acme)
    service.asked.clear()
    for actor in (bravo.owner, bravo.automatic, acme.user):
        with pytest.raises(NotFound):
            perform_automatic(actor.principal, signatures(row)[0].id, PASSWORD)
    assert not service.asked


def test_a_right_password_does_not_forget_wrong_one_time_passwords(acme: House, settings: Settings) -> None:
    with configured(settings, "infocert", seal=Held(people().ec, pin=False, otp=True)) as running:
        associate(acme, handle="ugo", provider="infocert")
        row = ready(acme, (NewSignature(signer="ugo"),))
        send_otp(Identity.objects.get())
        assert running.methods[-1] == "credentials/sendOTP"
        for _ in range(5):
            Identity.objects.update(password_hash=hash_password(PASSWORD))  # new to every process
            with pytest.raises(Forbidden, match="one-time password is wrong"):
                _sign(row, Presented(PASSWORD, "000000"))
        with pytest.raises(Forbidden, match="locked"):
            _sign(row, Presented(PASSWORD, OTP))
        Identity.objects.update(failed_attempts=4)
        _sign(row, Presented(PASSWORD, OTP))
    assert Event.objects.get(kind="signature.performed").data["factor"] == "password+otp"
    assert Identity.objects.get().failed_attempts == 0


def _sign(row: Transaction, presented: Presented) -> None:
    identity = Identity.objects.get()
    check_password(identity, presented.password, actor="user:ugo")
    signature = Signature.objects.select_related("document", "transaction", "signer").get(transaction=row)
    with counting_refusals(identity, actor="user:ugo"):
        sign(Attempt(new_id(), signature, identity, "user:ugo", presented))


@pytest.mark.django_db(transaction=True)
def test_the_service_is_asked_outside_of_every_transaction(acme: House, service: SigningService) -> None:
    """Between reserve and commit others may write, and a second perform is told that one is under way."""
    associate(acme)
    row = fetch_all(begin(acme))
    ours, open_then, seen = connections["default"], [], []

    def look(handler: BaseHTTPRequestHandler) -> None:
        open_then.append(ours.in_atomic_block)
        seen.extend(told(row.id)[-1:])
        try:
            _perform(acme, row)
        except Conflict as error:
            seen.append(error.code)
        finally:
            connection.close()
        reply(500)(handler)

    service.lies["signatures/signHash"] = look
    with pytest.raises(Unavailable):
        _perform(acme, row)
    assert (open_then, seen) == ([False], ["signature.intent", "being_performed"])
