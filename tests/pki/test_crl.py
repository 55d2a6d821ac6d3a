"""Revocation lists: openssl refuses exactly the certificates that are on them."""

import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sigillo.pki.certificates import describe, to_bundle, to_pem
from sigillo.pki.crl import Reason, Revocation, build_crl
from tests.pki.conftest import NOW, START, Authority, openssl
from tests.support.programs import needs

WEEK = timedelta(days=7)


def verify(directory: Path, authority: Authority, leaf: bytes, *lists: bytes) -> str:
    """`openssl verify` with a revocation check of every certificate of the chain."""
    (directory / "trust.pem").write_text(to_bundle((authority.root.certificate, authority.issuing.certificate)))
    (directory / "leaf.pem").write_text(to_pem(leaf))
    (directory / "lists.pem").write_text("".join(openssl("crl", "-inform", "DER", octets=der) for der in lists))
    options = (
        "-crl_check_all",
        "-x509_strict",
        "-CAfile",
        directory / "trust.pem",
        "-CRLfile",
        directory / "lists.pem",
    )
    done = subprocess.run(
        ["openssl", "verify", *map(str, options), directory / "leaf.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def empty_root_list(authority: Authority) -> bytes:
    return build_crl(authority.root, [], number=1, this_update=START, next_update=NOW + WEEK)


@needs("openssl")
@pytest.mark.parametrize("reason", list(Reason))
def test_only_the_revoked_signer_is_refused(tmp_path: Path, authority: Authority, reason: Reason) -> None:
    good, bad = authority.issue(), authority.issue()
    revocation = Revocation(describe(bad).serial_number, START, reason)
    crl = build_crl(authority.issuing, [revocation], number=7, this_update=START, next_update=NOW + WEEK)
    assert verify(tmp_path, authority, good, empty_root_list(authority), crl).endswith("OK\n")
    assert "certificate revoked" in verify(tmp_path, authority, bad, empty_root_list(authority), crl)


@needs("openssl")
def test_a_revoked_authority_takes_its_signers_with_it(tmp_path: Path, quick_authority: Authority) -> None:
    serial = describe(quick_authority.issuing.certificate).serial_number
    revoked = [Revocation(serial, START, Reason.CA_COMPROMISE)]
    root_list = build_crl(quick_authority.root, revoked, number=2, this_update=START, next_update=NOW + WEEK)
    crl = build_crl(quick_authority.issuing, [], number=1, this_update=START, next_update=NOW + WEEK)
    assert "certificate revoked" in verify(tmp_path, quick_authority, quick_authority.issue(), root_list, crl)


@needs("openssl")
def test_a_list_that_is_over_does_not_count(tmp_path: Path, quick_authority: Authority) -> None:
    old = build_crl(quick_authority.issuing, [], number=1, this_update=START, next_update=START + timedelta(hours=1))
    said = verify(tmp_path, quick_authority, quick_authority.issue(), empty_root_list(quick_authority), old)
    assert "CRL has expired" in said


@needs("openssl")
def test_a_list_of_another_authority_does_not_count(tmp_path: Path, quick_authority: Authority) -> None:
    said = verify(tmp_path, quick_authority, quick_authority.issue(), empty_root_list(quick_authority))
    assert "unable to get certificate CRL" in said


@needs("openssl")
def test_number_identifier_and_reason_are_written(quick_authority: Authority) -> None:
    entries = [Revocation(10, START, Reason.KEY_COMPROMISE), Revocation(11, START)]
    crl = build_crl(quick_authority.issuing, entries, number=12345, this_update=START, next_update=NOW + WEEK)
    text = openssl("crl", "-inform", "DER", "-noout", "-text", octets=crl)
    assert "X509v3 CRL Number: \n                12345\n" in text
    assert "X509v3 Authority Key Identifier" in text
    assert text.count("Reason Code") == 1  # RFC 5280 §5.3.1: `unspecified` is left out
    assert "Key Compromise" in text


def test_a_list_of_many_is_made_in_one_go(quick_authority: Authority) -> None:
    many = (Revocation(serial, START) for serial in range(1, 20_001))
    started = time.process_time()
    build_crl(quick_authority.issuing, many, number=1, this_update=START, next_update=NOW + WEEK)
    assert time.process_time() - started < 2


def test_what_makes_no_sense_is_refused(quick_authority: Authority) -> None:
    twice = [Revocation(10, START), Revocation(10, NOW)]
    with pytest.raises(ValueError, match="twice"):
        build_crl(quick_authority.issuing, twice, number=1, this_update=START, next_update=NOW)
    for next_update in (NOW, START):
        with pytest.raises(ValueError, match="later"):
            build_crl(quick_authority.issuing, [], number=1, this_update=NOW, next_update=next_update)
    with pytest.raises(ValueError, match="aware"):
        build_crl(quick_authority.issuing, [], number=1, this_update=START.replace(tzinfo=None), next_update=NOW)
