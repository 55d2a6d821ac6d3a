"""The sandbox's own time-stamps: of this moment, by a unit that is certified, registered and renewed."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from sigillo.base.clock import now
from sigillo.base.errors import Invalid, NotFound
from sigillo.identities import authority, timestamping
from sigillo.identities.authority import standing_of
from sigillo.identities.models import TimestampUnit
from sigillo.identities.timestamping import KEY_LIFE, POLICY, answer, trust_root
from sigillo.installation import keyring
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, is_issued_by
from sigillo.pki.ocsp_answers import Standing
from sigillo.pki.tsa import Imprint, StampRequest, write_request
from sigillo.pki.tsa_tokens import Token, read_answer
from sigillo.secrets.errors import SealBroken
from sigillo.secrets.sealing import Context
from tests.identities.registers import issuing, revoked, said
from tests.support.world import House, make_root

CERTIFYING = ["timestamp_unit.intent", "timestamp_unit.certified"]
ASKED = StampRequest(Imprint("sha256", b"i" * 32), nonce=1 << 63, certificates=True, policy=POLICY)


def stamped() -> Token:
    """A token that leads to the installation's root."""
    return read_answer(answer(write_request(ASKED)), ASKED, at=now(), roots=[trust_root()])


def test_the_present_moment_is_stamped(acme: House) -> None:
    before = now().replace(microsecond=0)
    token = stamped()
    assert before <= token.at <= now()
    assert token.certificate == bytes(TimestampUnit.objects.get().certificate)


def test_what_is_wrong_with_a_request_is_told_and_makes_no_unit(acme: House) -> None:
    with pytest.raises(Invalid, match="bad_data_format"):
        read_answer(answer(b"nonsense"), ASKED, at=now())
    assert not TimestampUnit.objects.exists()


def test_in_production_nothing_is_stamped(acme: House, settings: Settings) -> None:
    settings.SIGILLO_ENVIRONMENT = "production"
    with pytest.raises(NotFound, match="does not time-stamp"):
        answer(write_request(ASKED))
    assert (TimestampUnit.objects.exists(), said("timestamp_unit.")) == (False, [])


def test_a_token_costs_two_reads_and_no_write(acme: House, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    answer(write_request(ASKED))
    with django_assert_num_queries(2) as captured:  # the issuing authority, the unit
        answer(write_request(ASKED))
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
    assert said("timestamp_unit.") == CERTIFYING


def test_the_unit_is_certified_registered_sealed_and_journaled(acme: House) -> None:
    certificate, signer = stamped().certificate, issuing()
    info, row = describe(certificate), TimestampUnit.objects.get()
    assert is_issued_by(certificate, bytes(signer.certificate))
    assert info.not_after == describe(bytes(signer.certificate)).not_after
    assert timedelta(0) <= now() + KEY_LIFE - row.key_until < timedelta(minutes=1)
    intent, result = Event.objects.filter(kind__startswith="timestamp_unit.").order_by("sequence")
    assert (intent.kind, intent.data) == ("timestamp_unit.intent", {"authority": str(signer.id)})
    assert (result.kind, result.data) == ("timestamp_unit.certified", intent.data | {"certificate": info.sha256})
    assert standing_of(certificate) is Standing.GOOD
    assert revoked(certificate)
    with pytest.raises(SealBroken):  # the key of one place opens in no other
        keyring().open(row.sealed_key, Context("installation", "responder", str(signer.id), "key"))


def test_the_key_is_renewed_in_time_and_the_old_one_is_gone(acme: House) -> None:
    start, first = now(), stamped().certificate
    sealed = TimestampUnit.objects.get().sealed_key
    for after, renewals in ((KEY_LIFE - timedelta(hours=1), 0), (KEY_LIFE + timedelta(hours=1), 1), (KEY_LIFE * 3, 2)):
        with time_machine.travel(start + after, tick=False):
            assert (stamped().certificate == first) is (renewals == 0)
        assert said("timestamp_unit.") == CERTIFYING * (renewals + 1)
    assert TimestampUnit.objects.get().sealed_key != sealed


def test_the_last_unit_ends_with_its_authority(acme: House) -> None:
    with time_machine.travel(describe(bytes(issuing().certificate)).not_after - timedelta(days=2), tick=False):
        assert stamped().certificate == stamped().certificate
    assert said("timestamp_unit.") == CERTIFYING


def test_a_unit_that_cannot_be_made_leaves_a_closed_intent(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_authority: object) -> None:
        raise OSError("the key is out of reach")

    with monkeypatch.context() as patched:
        patched.setattr(timestamping, "issuer_of", broken)
        with pytest.raises(OSError, match="out of reach"):
            answer(write_request(ASKED))
    assert said("timestamp_unit.") == ["timestamp_unit.intent", "timestamp_unit.abandoned"]
    assert stamped()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_first_one_has_the_unit_made() -> None:
    make_root()
    found: list[bytes] = []

    def once() -> None:
        try:
            found.append(stamped().certificate)
        finally:
            connection.close()

    threads = [threading.Thread(target=once) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (6, 1)
    assert said("timestamp_unit.") == CERTIFYING


def test_a_new_address_gets_a_unit_of_its_own(acme: House, settings: Settings) -> None:
    first = stamped().certificate
    settings.SIGILLO_PUBLIC_URL = "https://elsewhere.example"
    second = stamped().certificate
    assert first != second
    assert TimestampUnit.objects.count() == 2
    assert b"elsewhere.example" in second
    assert authority.issuing().timestamp_unit.certificate == second
