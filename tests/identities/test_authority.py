"""The embedded authority, judged by OpenSSL: chain, revocation, and an authority per public address."""

import subprocess
from pathlib import Path

import pytest
from pytest_django import Settings

from sigillo.base.clock import now
from sigillo.identities import authority
from sigillo.identities.models import Authority, Identity, IssuedCertificate
from sigillo.identities.providers import embedded
from sigillo.organizations.models import User
from sigillo.pki.certificates import describe, to_pem
from tests.support.programs import needs
from tests.support.world import House


def _verify(folder: Path, leaf: bytes, chain: tuple[bytes, ...]) -> subprocess.CompletedProcess[str]:
    """`openssl verify` with both revocation lists, as anybody can do it from the published files."""
    issuing, root = Authority.objects.get(parent__isnull=False), Authority.objects.get(parent=None)
    files = {"leaf.pem": to_pem(leaf), "issuing.pem": to_pem(chain[0]), "root.pem": to_pem(chain[1])}
    for name, text in files.items():
        (folder / name).write_text(text)
    for name, row in (("issuing", issuing), ("root", root)):
        der = folder / f"{name}.crl"
        der.write_bytes(authority.revocation_list(row))
        subprocess.run(["openssl", "crl", "-inform", "DER", "-in", der, "-out", f"{der}.pem"], check=True)
    command = ["openssl", "verify", "-x509_strict", "-crl_check_all"]
    chain_files = ["-CAfile", "root.pem", "-untrusted", "issuing.pem"]
    lists = ["-CRLfile", "issuing.crl.pem", "-CRLfile", "root.crl.pem"]
    command += [*chain_files, *lists, "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@needs("openssl")
def test_a_certificate_verifies_until_it_is_revoked(acme: House, tmp_path: Path) -> None:
    issued = embedded.issue_for(acme.automatic.user)
    authority.register(issued)
    judged = _verify(tmp_path, issued.certificate, issued.chain)
    assert judged.stdout == "leaf.pem: OK\n", judged.stderr
    serial = f"{describe(issued.certificate).serial_number:x}"
    IssuedCertificate.objects.filter(serial=serial).update(revoked_at=now(), reason="cessationOfOperation")
    judged = _verify(tmp_path, issued.certificate, issued.chain)
    assert judged.returncode != 0
    assert "certificate revoked" in judged.stderr


@needs("openssl")
def test_a_revoked_issuing_authority_takes_its_certificates_with_it(acme: House, tmp_path: Path) -> None:
    issued = embedded.issue_for(acme.automatic.user)
    IssuedCertificate.objects.filter(authority__parent=None).update(revoked_at=now(), reason="cACompromise")
    assert "certificate revoked" in _verify(tmp_path, issued.certificate, issued.chain).stderr


def test_certificates_name_addresses_of_this_server(acme: House, settings: Settings) -> None:
    settings.SIGILLO_PUBLIC_URL = "https://sign.example.org"
    info = describe(embedded.issue_for(acme.automatic.user).certificate)
    issuing = Authority.objects.get(public_url="https://sign.example.org")
    assert info.crl_urls == (f"https://sign.example.org/pki/{issuing.id}.crl",)
    assert info.subject["commonName"] == "Robot Ιωάννης"
    assert info.subject["O"] == "Acme S.p.A."
    assert info.key_usage == frozenset({"digitalSignature", "nonRepudiation"})


def test_an_issuing_authority_per_public_address(acme: House, settings: Settings) -> None:
    first = authority.issuing()
    assert authority.issuing().id == first.id
    settings.SIGILLO_PUBLIC_URL = "https://elsewhere.example.org"
    second = authority.issuing()
    assert second.id != first.id
    assert first.parent_id == second.parent_id == authority.root().id


def test_keys_are_sealed_and_their_own(acme: House) -> None:
    first, second = embedded.issue_for(acme.automatic.user), embedded.issue_for(acme.automatic.user)
    assert first.key != second.key
    assert describe(first.certificate).serial_number != describe(second.certificate).serial_number
    for row in Authority.objects.all():
        assert row.sealed_key.startswith("v1|")


@pytest.mark.parametrize("email", ["łukasz@example.org", ""])
def test_an_address_that_no_certificate_can_hold_is_left_out(acme: House, email: str) -> None:
    User.objects.filter(id=acme.automatic.user.id).update(email=email)
    user = User.objects.select_related("organization").get(id=acme.automatic.user.id)
    assert "E" not in describe(embedded.issue_for(user).certificate).subject
    assert not Identity.objects.exists()
