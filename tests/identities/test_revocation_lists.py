"""Revocation lists: OpenSSL refuses what is on them; reading one costs no signature, and no look at its rows."""

import subprocess
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from cryptography import x509
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from sigillo.base.clock import now
from sigillo.base.errors import NotFound
from sigillo.identities import authority, revocation_lists
from sigillo.identities.models import Authority, IssuedCertificate, RevocationList
from sigillo.identities.revocation_lists import FRESH, VALID, revocation_list
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe, to_pem
from sigillo.pki.crl import Reason, build_crl
from tests.identities.registers import certified, issuing, revoked, said
from tests.support.programs import needs
from tests.support.world import House, make_house, make_root

SIGNING = ["revocation_list.intent", "revocation_list.signed"]


def serials(der: bytes) -> set[int]:
    return {entry.serial_number for entry in x509.load_der_x509_crl(der)}


def number(der: bytes) -> int:
    extensions = x509.load_der_x509_crl(der).extensions
    return extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _verify(folder: Path, leaf: bytes, chain: tuple[bytes, ...]) -> subprocess.CompletedProcess[str]:
    """`openssl verify` with the lists of both levels, as anybody can do it from the published files."""
    files = {"leaf.pem": to_pem(leaf), "issuing.pem": to_pem(chain[0]), "root.pem": to_pem(chain[1])}
    for name, text in files.items():
        (folder / name).write_text(text)
    for name, row in (("issuing", issuing()), ("root", authority.root())):
        der = folder / f"{name}.crl"
        der.write_bytes(revocation_list(row.id))
        subprocess.run(["openssl", "crl", "-inform", "DER", "-in", der, "-out", f"{der}.pem"], check=True)
    command = ["openssl", "verify", "-x509_strict", "-crl_check_all"]
    chain_files = ["-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    lists = ["-CRLfile", "issuing.crl.pem", "-CRLfile", "root.crl.pem"]
    command += [*chain_files, *lists, "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@needs("openssl")
def test_a_certificate_verifies_until_it_is_revoked(acme: House, tmp_path: Path) -> None:
    issued, other = certified(acme), certified(acme)
    judged = _verify(tmp_path, issued.certificate, issued.chain)
    assert judged.stdout == "leaf.pem: OK\n", judged.stderr
    revoked(issued.certificate)
    judged = _verify(tmp_path, issued.certificate, issued.chain)
    assert judged.returncode != 0
    assert "certificate revoked" in judged.stderr
    assert _verify(tmp_path, other.certificate, other.chain).returncode == 0


@needs("openssl")
def test_a_revoked_issuing_authority_takes_its_certificates_with_it(acme: House, tmp_path: Path) -> None:
    issued = certified(acme)
    revoked(bytes(issuing().certificate), Reason.CA_COMPROMISE)
    assert "certificate revoked" in _verify(tmp_path, issued.certificate, issued.chain).stderr


def test_a_list_is_signed_once_and_then_read(acme: House, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = issuing().id
    first = revocation_list(key)
    assert said("revocation_list.") == SIGNING
    with django_assert_num_queries(2):  # the authority, the list
        assert revocation_list(key) == first
    assert said("revocation_list.") == SIGNING
    revocation_list(authority.root().id)
    assert said("revocation_list.") == SIGNING * 2


def test_the_journal_tells_which_list_was_signed(acme: House) -> None:
    revoked(certified(acme).certificate)
    der = revocation_list(issuing().id)
    intent, signed = Event.objects.filter(kind__startswith="revocation_list.").order_by("sequence")
    assert intent.data == {"authority": str(issuing().id), "number": number(der)}
    assert signed.data == intent.data | {"revoked": 1, "digest": sha256(der).hexdigest()}
    assert (intent.actor, signed.chain.subject_id) == ("system:authority", authority.root().id)
    kept = RevocationList.objects.get()
    assert (bytes(kept.der), kept.number, kept.covers, kept.authority_id) == (der, number(der), 1, issuing().id)


def test_each_revocation_makes_a_new_list_with_a_greater_number(acme: House) -> None:
    key, certificates = issuing().id, [certified(acme).certificate for _ in range(3)]
    lists = [revocation_list(key)]
    for certificate in certificates:
        revoked(certificate)
        lists.append(revocation_list(key))
    assert [len(serials(der)) for der in lists] == [0, 1, 2, 3]
    assert serials(lists[-1]) == {describe(certificate).serial_number for certificate in certificates}
    numbers = [number(der) for der in lists]
    assert numbers == sorted(set(numbers))


def test_another_authority_keeps_its_list(acme: House) -> None:
    root = authority.root().id
    before = revocation_list(root)
    revoked(certified(acme).certificate)
    assert revocation_list(root) == before


def test_what_is_revoked_but_not_committed_is_on_no_list(acme: House) -> None:
    issued = certified(acme)
    with transaction.atomic():
        authority.revoke(issued.certificate, Reason.SUPERSEDED, actor="system:test")
        transaction.set_rollback(True)
    assert serials(revocation_list(issuing().id)) == set()


def test_a_list_is_signed_anew_after_a_day_and_when_the_clock_was_set_back(acme: House) -> None:
    key, start = issuing().id, now()
    first = revocation_list(key)
    moments = [start + FRESH - timedelta(minutes=1), start + FRESH + timedelta(minutes=1), start - timedelta(days=1)]
    lists = []
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            lists.append(revocation_list(key))
    assert lists[0] == first
    numbers = [number(der) for der in (first, *lists[1:])]
    assert numbers == sorted(set(numbers))
    for der, moment in zip(lists[1:], moments[1:], strict=True):
        read = x509.load_der_x509_crl(der)
        assert read.last_update_utc == moment.replace(microsecond=0)
        assert read.next_update_utc == (moment + VALID).replace(microsecond=0)


def test_the_number_goes_on_from_those_of_earlier_versions(acme: House) -> None:
    """They were the minute of the clock times a million and the length of the list."""
    moment = datetime(2026, 6, 1, 12, 0, 59, tzinfo=UTC)
    earlier = int(moment.replace(second=0).timestamp()) * 1_000_000 + 40_000
    with time_machine.travel(moment, tick=False):
        assert number(revocation_list(issuing().id)) > earlier


def test_reading_a_long_list_costs_no_more_than_a_short_one(
    acme: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, moment = issuing(), now()
    IssuedCertificate.objects.bulk_create(
        IssuedCertificate(authority=row, serial=f"{serial:x}", not_after=moment, revoked_at=moment)
        for serial in range(1, 10_001)
    )
    Authority.objects.filter(id=row.id).update(revocations=10_000)
    first = revocation_list(row.id)
    assert len(serials(first)) == 10_000
    with django_assert_num_queries(2) as captured:
        assert revocation_list(row.id) == first
    assert not any("issuedcertificate" in query["sql"] for query in captured.captured_queries)


def test_the_revoked_are_found_by_an_index(acme: House) -> None:
    revoked_rows = issuing().issued.filter(revoked_at__isnull=False).order_by("revoked_at", "id")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # with a handful of rows it would not be worth it
    assert "issued_revoked" in revoked_rows.explain()


def test_a_list_that_cannot_be_signed_leaves_a_closed_intent(acme: House, monkeypatch: pytest.MonkeyPatch) -> None:
    revoked(certified(acme).certificate)
    IssuedCertificate.objects.filter(revoked_at__isnull=False).update(reason="no such reason")
    with pytest.raises(ValueError, match="no such reason"):
        revocation_list(issuing().id)
    assert said("revocation_list.") == ["revocation_list.intent", "revocation_list.abandoned"]
    assert not RevocationList.objects.exists()


@pytest.mark.parametrize("kept", [False, True])
def test_who_is_overtaken_by_another_process_serves_what_that_one_stored(
    acme: House, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    key = issuing().id
    if kept:
        revocation_list(key)
        revoked(certified(acme).certificate)
    before = said("revocation_list.")
    others: list[bytes] = []

    def overtaken(*arguments: object, **named: object) -> bytes:
        monkeypatch.setattr(revocation_lists, "build_crl", build_crl)
        revocation_lists._sign(issuing())  # another process, between our intent and our result
        others.append(bytes(RevocationList.objects.get().der))
        return build_crl(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(revocation_lists, "build_crl", overtaken)
    assert revocation_list(key) == others[0]
    told = said("revocation_list.")[len(before) :]
    assert told == ["revocation_list.intent", *SIGNING, "revocation_list.abandoned"]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_has_it_signed() -> None:
    make_root()
    acme = make_house("acme")
    revoked(certified(acme).certificate)
    key, found = issuing().id, []

    def ask() -> None:
        try:
            found.append(revocation_list(key))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert said("revocation_list.") == SIGNING


def test_an_authority_that_is_not_there_has_no_list(acme: House) -> None:
    with pytest.raises(NotFound):
        revocation_list(uuid4())
    assert said("revocation_list.") == []
