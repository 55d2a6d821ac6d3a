"""Revoking: one certificate and no other, once, with its moment, its reason and its line in the journal."""

import threading

import pytest
from django.db import connection, transaction

from sigillo.base.clock import now
from sigillo.base.errors import Invalid, NotFound
from sigillo.identities import authority
from sigillo.identities.models import Authority, IssuedCertificate
from sigillo.identities.providers import embedded
from sigillo.journal.models import Event
from sigillo.pki.authority import create_root, issue_signer
from sigillo.pki.certificates import Subject, describe, to_pem
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.keys import generate_p256, load_key
from sigillo.pki.ocsp_answers import Standing
from tests.identities.registers import OPERATOR, certified, issuing, revoked, said
from tests.pki.conftest import NOW, START
from tests.support.world import House, make_house, make_root


def _forged(certificate: bytes) -> bytes:
    """A certificate by somebody who calls himself as our authority does, with the number of one of ours."""
    key = load_key(generate_p256())
    namesake = create_root(authority.name_of("Issuing Authority", issuing().id), key, not_before=START, years=1)
    return issue_signer(
        Subject("Mallory"),
        key.public_key_der,
        namesake,
        serial=describe(certificate).serial_number,
        not_before=START,
        not_after=NOW,
        crl_url="http://127.0.0.1/a.crl",
        issuer_url="http://127.0.0.1/a.crt",
    )


def row_of(certificate: bytes) -> IssuedCertificate:
    return IssuedCertificate.objects.get(serial=f"{describe(certificate).serial_number:x}")


def test_one_certificate_is_revoked_and_no_other(acme: House, bravo: House) -> None:
    mine, other, theirs = certified(acme), certified(acme), certified(bravo)
    before = now()
    assert revoked(to_pem(mine.certificate), Reason.SUPERSEDED)
    row = row_of(mine.certificate)
    assert row.revoked_at is not None
    assert before <= row.revoked_at <= now()
    assert row.reason == "superseded"
    assert [row_of(one.certificate).revoked_at for one in (other, theirs)] == [None, None]
    assert [one.revocations for one in Authority.objects.order_by("parent")].count(1) == 1
    assert issuing().revocations == 1


def test_the_journal_tells_who_and_why(acme: House) -> None:
    issued = certified(acme)
    revoked(issued.certificate, Reason.CESSATION_OF_OPERATION)
    event = Event.objects.get(kind="certificate.revoked")
    assert (event.chain.subject_kind, event.chain.subject_id) == ("authority", authority.root().id)
    assert event.actor == OPERATOR
    assert event.data == {
        "authority": str(issuing().id),
        "certificate": describe(issued.certificate).sha256,
        "reason": "cessationOfOperation",
    }


def test_revoking_again_changes_nothing(acme: House) -> None:
    issued = certified(acme)
    assert revoked(issued.certificate, Reason.SUPERSEDED)
    first = row_of(issued.certificate)
    assert not revoked(issued.certificate, Reason.KEY_COMPROMISE)
    again = row_of(issued.certificate)
    assert (again.revoked_at, again.reason) == (first.revoked_at, "superseded")
    assert (issuing().revocations, said("certificate.")) == (1, ["certificate.revoked"])


def test_what_the_transaction_takes_back_is_not_revoked(acme: House) -> None:
    issued = certified(acme)
    with transaction.atomic():
        authority.revoke(issued.certificate, Reason.SUPERSEDED, actor=OPERATOR)
        transaction.set_rollback(True)
    assert row_of(issued.certificate).revoked_at is None
    assert (issuing().revocations, said("certificate.")) == (0, [])


def test_certificates_of_others_are_not_found(acme: House) -> None:
    """Neither a stranger's, nor one that bears our authority's name and one of our numbers, nor an unregistered one."""
    issued = certified(acme)
    unregistered = embedded.issue_for(acme.automatic.user).certificate
    for certificate in (_forged(issued.certificate), unregistered, bytes(authority.root().certificate)):
        with pytest.raises(NotFound) as refused:
            revoked(certificate)
        assert refused.value.code == "certificate_not_issued_here"
    assert not IssuedCertificate.objects.filter(revoked_at__isnull=False).exists()


def test_the_register_tells_how_a_certificate_stands(acme: House, bravo: House) -> None:
    mine, theirs = certified(acme).certificate, certified(bravo).certificate
    revoked(mine, Reason.SUPERSEDED)
    found = authority.standing_of(mine)
    assert found == Revocation(describe(mine).serial_number, row_of(mine).revoked_at or now(), Reason.SUPERSEDED)
    assert authority.standing_of(theirs) is Standing.GOOD
    assert authority.standing_of(_forged(mine)) is Standing.UNKNOWN
    assert authority.standing_of(embedded.issue_for(acme.automatic.user).certificate) is Standing.UNKNOWN


def test_who_stands_below_a_revoked_authority_stands_as_it_does(acme: House) -> None:
    issued, above = certified(acme).certificate, bytes(issuing().certificate)
    assert authority.standing_of(issued) is authority.standing_of(above) is Standing.GOOD
    revoked(above, Reason.CA_COMPROMISE)
    found = authority.standing_of(issued)
    assert isinstance(found, Revocation)
    assert (found.serial, found.reason) == (describe(above).serial_number, Reason.CA_COMPROMISE)


@pytest.mark.parametrize("what", [b"", "", b"nonsense", "nonsense"])
def test_what_is_no_certificate_is_refused(acme: House, what: bytes | str) -> None:
    with pytest.raises(Invalid):
        revoked(what)


def test_without_a_transaction_nothing_is_revoked() -> None:
    with pytest.raises(RuntimeError, match="open one around both"):
        authority.revoke(b"", Reason.SUPERSEDED, actor=OPERATOR)


@pytest.mark.django_db(transaction=True)
def test_all_who_revoke_at_once_count_and_the_same_one_once() -> None:
    make_root()
    acme = make_house("acme")
    certificates = [certified(acme).certificate for _ in range(3)]
    done: list[bool] = []

    def revoke(certificate: bytes) -> None:
        try:
            done.append(revoked(certificate))
        finally:
            connection.close()

    threads = [threading.Thread(target=revoke, args=(certificate,)) for certificate in [*certificates, *certificates]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 3 + [True] * 3
    assert (issuing().revocations, said("certificate.")) == (3, ["certificate.revoked"] * 3)
    assert IssuedCertificate.objects.filter(revoked_at__isnull=False).count() == 3
