"""Answers about single certificates: true at once, cheap, and signed by a delegate that is renewed in time."""

import threading
from datetime import UTC, timedelta
from uuid import uuid4

import pytest
import time_machine
from cryptography import x509
from cryptography.x509.ocsp import OCSPResponse, OCSPResponseStatus, load_der_ocsp_response
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.identities import authority, responders
from sigillo.identities.models import IssuedCertificate, Responder
from sigillo.identities.responders import LIFE, RENEWED_BEFORE, VALID, answer
from sigillo.installation import keyring
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, is_issued_by
from sigillo.pki.crl import Reason
from sigillo.pki.ocsp import read_question
from sigillo.secrets.errors import SealBroken
from sigillo.secrets.sealing import Context
from tests.identities.registers import certified, issuing, revoked, said
from tests.support.questions import asked_about, made_of
from tests.support.world import House, make_house, make_root

CERTIFYING = ["responder.intent", "responder.certified"]


def ask(certificate: bytes, nonce: bytes | None = None, algorithm: str = "sha1") -> OCSPResponse:
    """What the issuing authority's responder says of a certificate."""
    request = asked_about(certificate, bytes(issuing().certificate), algorithm, nonce)
    return load_der_ocsp_response(answer(issuing().id, request).der)


def status(certificate: bytes) -> str:
    return ask(certificate).certificate_status.name


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_good_until_it_is_revoked_and_never_another(acme: House, bravo: House, algorithm: str) -> None:
    mine, theirs = certified(acme).certificate, certified(bravo).certificate
    assert ask(mine, algorithm=algorithm).certificate_status.name == "GOOD"
    revoked(mine, Reason.CESSATION_OF_OPERATION)
    response = ask(mine, algorithm=algorithm)
    assert response.certificate_status.name == "REVOKED"
    assert response.revocation_reason is x509.ReasonFlags.cessation_of_operation
    row = IssuedCertificate.objects.get(revoked_at__isnull=False)
    assert row.revoked_at is not None
    assert response.revocation_time_utc == row.revoked_at.astimezone(UTC).replace(microsecond=0)
    assert status(theirs) == "GOOD"


def test_a_number_that_was_never_issued_is_unknown(acme: House) -> None:
    issued = certified(acme).certificate
    IssuedCertificate.objects.filter(serial=f"{describe(issued).serial_number:x}").delete()
    assert status(issued) == "UNKNOWN"


def test_the_root_answers_for_the_issuing_authority(acme: House) -> None:
    root = authority.root()
    request = asked_about(bytes(issuing().certificate), bytes(root.certificate))
    assert load_der_ocsp_response(answer(root.id, request).der).certificate_status.name == "GOOD"
    revoked(bytes(issuing().certificate), Reason.CA_COMPROMISE)
    assert load_der_ocsp_response(answer(root.id, request).der).certificate_status.name == "REVOKED"


def several(*certificates: bytes, unknown: int) -> bytes:
    """A request about certificates of the issuing authority and a number that it never gave, with its hashes."""
    request = made_of(*(describe(certificate).serial_number for certificate in certificates), unknown)
    named = asked_about(certificates[0], bytes(issuing().certificate))
    asked = read_question(named).certificates[0]
    return request.replace(b"n" * 20, asked.issuer_name_hash).replace(b"k" * 20, asked.issuer_key_hash)


def test_several_are_answered_with_one_look_at_the_register(
    acme: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    good, bad = certified(acme).certificate, certified(acme).certificate
    revoked(bad)
    key, request = issuing().id, several(good, bad, good, unknown=7)
    answer(key, request)
    with django_assert_num_queries(2):
        response = load_der_ocsp_response(answer(key, request).der)
    assert [one.certificate_status.name for one in response.responses] == ["GOOD", "REVOKED", "GOOD", "UNKNOWN"]


@pytest.mark.parametrize("nonce", [None, b"n" * 16])
def test_an_answer_costs_two_reads_and_no_write(
    acme: House, django_assert_num_queries: DjangoAssertNumQueries, nonce: bytes | None
) -> None:
    issued, key = certified(acme).certificate, issuing().id
    request = asked_about(issued, bytes(issuing().certificate), nonce=nonce)
    answer(key, request)
    with django_assert_num_queries(2) as captured:  # the authority with its responder, the register
        answer(key, request)
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
    assert said("responder.") == CERTIFYING


def test_a_nonce_comes_back_in_an_answer_for_nobody_else(acme: House) -> None:
    issued = certified(acme).certificate
    first, second = (ask(issued, nonce) for nonce in (b"1" * 32, b"2" * 32))
    nonces = [one.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce for one in (first, second)]
    assert nonces == [b"1" * 32, b"2" * 32]
    assert answer(issuing().id, asked_about(issued, bytes(issuing().certificate), nonce=b"n")).period is None


def test_without_a_nonce_an_answer_is_shared_for_a_minute(acme: House) -> None:
    issued, start = certified(acme).certificate, now().replace(second=10, microsecond=0)
    request, key = asked_about(issued, bytes(issuing().certificate)), issuing().id
    told = []
    for seconds in (0, 30, 60):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            told.append(answer(key, request))
    assert told[0] == told[1]
    assert told[0].period == (start, start + VALID)
    later = load_der_ocsp_response(told[2].der)
    assert (later.this_update_utc, later.next_update_utc) == (
        start + timedelta(minutes=1),
        start + timedelta(minutes=61),
    )
    with time_machine.travel(start + timedelta(seconds=61), tick=False):
        revoked(issued)
        assert status(issued) == "REVOKED"


@pytest.mark.parametrize("request_", [b"", b"nonsense", made_of(), made_of(-1)])
def test_what_cannot_be_read_is_answered_as_malformed(acme: House, request_: bytes) -> None:
    response = answer(issuing().id, request_)
    assert load_der_ocsp_response(response.der).response_status is OCSPResponseStatus.MALFORMED_REQUEST
    assert response.period is None
    assert not Responder.objects.exists()


def test_certificates_of_another_authority_are_not_spoken_for(acme: House) -> None:
    issued, root = certified(acme).certificate, authority.root()
    ours = several(issued, unknown=7)
    mixed = ours.replace(read_question(ours).certificates[0].issuer_name_hash, b"x" * 20, 1)
    for key, request in (
        (root.id, asked_about(issued, bytes(issuing().certificate))),
        (issuing().id, asked_about(issued, bytes(root.certificate))),
        (issuing().id, asked_about(issued, bytes(issuing().certificate), "sha512")),
        (issuing().id, mixed),
    ):
        response = answer(key, request)
        assert load_der_ocsp_response(response.der).response_status is OCSPResponseStatus.UNAUTHORIZED
        assert response.period is None
    assert not Responder.objects.exists()


def test_an_authority_that_is_not_there_answers_nothing(acme: House) -> None:
    with pytest.raises(NotFound):
        answer(uuid4(), b"")


def test_the_delegate_is_certified_registered_sealed_and_journaled(acme: House) -> None:
    (inside,) = ask(certified(acme).certificate).certificates
    row, signer = Responder.objects.get(), issuing()
    assert inside == x509.load_der_x509_certificate(bytes(row.certificate))
    info = describe(bytes(row.certificate))
    assert is_issued_by(bytes(row.certificate), bytes(signer.certificate))
    assert timedelta(0) <= now() + LIFE - info.not_after < timedelta(minutes=1)
    assert row.not_after == info.not_after
    assert status(bytes(row.certificate)) == "GOOD"
    intent, result = Event.objects.filter(kind__startswith="responder.").order_by("sequence")
    assert (intent.kind, intent.data) == ("responder.intent", {"authority": str(signer.id)})
    assert (result.kind, result.data) == ("responder.certified", intent.data | {"certificate": info.sha256})
    with pytest.raises(SealBroken):  # the key of one place opens in no other
        keyring().open(row.sealed_key, Context("installation", "responder", str(authority.root().id), "key"))


def test_the_delegate_is_renewed_in_time_and_its_old_key_is_gone(acme: House) -> None:
    issued = certified(acme).certificate
    ask(issued)
    start = now()  # after the delegate was made, however long that took
    first = Responder.objects.get()
    for days, renewals in ((LIFE - RENEWED_BEFORE - timedelta(hours=1), 0), (LIFE - RENEWED_BEFORE, 1), (LIFE * 5, 2)):
        with time_machine.travel(start + days, tick=False):
            (inside,) = ask(issued).certificates
            assert inside.not_valid_before_utc <= now() < inside.not_valid_after_utc
        assert said("responder.") == CERTIFYING * (renewals + 1)
    assert Responder.objects.get().sealed_key != first.sealed_key
    assert Responder.objects.get().certificate != first.certificate


def test_the_last_delegate_ends_with_its_authority(acme: House) -> None:
    issued, end = certified(acme).certificate, describe(bytes(issuing().certificate)).not_after
    with time_machine.travel(end - timedelta(days=2), tick=False):
        assert [status(issued), status(issued)] == ["GOOD", "GOOD"]
    assert (Responder.objects.get().not_after, said("responder.")) == (end, CERTIFYING)


def test_a_delegate_that_cannot_be_made_leaves_a_closed_intent(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = certified(acme).certificate

    def broken(_authority: object) -> None:
        raise OSError("the key is out of reach")

    with monkeypatch.context() as patched:
        patched.setattr(responders, "issuer_of", broken)
        with pytest.raises(OSError, match="out of reach"):
            ask(issued)
    assert said("responder.") == ["responder.intent", "responder.abandoned"]
    assert status(issued) == "GOOD"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_first_one_has_the_delegate_made() -> None:
    make_root()
    issued = certified(make_house("acme")).certificate
    found: list[bytes] = []

    def once() -> None:
        try:
            (inside,) = ask(issued, b"n").certificates
            found.append(inside.fingerprint(inside.signature_hash_algorithm))  # type: ignore[arg-type]
        finally:
            connection.close()

    threads = [threading.Thread(target=once) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert said("responder.") == CERTIFYING
