"""What is answered without a credential."""

import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from sigillo import installation
from sigillo.identities.models import Authority, Identity
from sigillo.pki.certificates import describe, from_pem_or_base64
from tests.api.calling import assert_refused, get
from tests.flows.stories import give_identity
from tests.support.programs import needs
from tests.support.world import House


def test_alive_without_a_database() -> None:
    answer = get(None, "/healthz")
    assert (answer.status, answer.body) == (200, {"status": "ok"})


def test_ready(acme: House) -> None:
    answer = get(None, "/readyz")
    assert (answer.status, answer.body) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_not_ready_says_what_is_missing() -> None:
    assert not Authority.objects.exists()
    answer = get(None, "/readyz")
    assert (answer.status, answer.body["status"]) == (503, "not ready")
    assert "sigillo init" in answer.body["problems"][0]


def test_welcome_is_a_calm_line() -> None:
    answer = get(None, "/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.startswith(b"Sigillo")


def test_root_certificate_is_pem(acme: House) -> None:
    answer = get(None, "/pki/root.crt")
    assert answer.status == 200
    root = describe(from_pem_or_base64(answer.content.decode()))
    assert root.subject == root.issuer


def test_addresses_in_an_issued_certificate_answer(acme: House) -> None:
    """The revocation list is where the certificate says it is, the issuer's certificate beside it."""
    give_identity(acme)
    issued = from_pem_or_base64(Identity.objects.get().certificate_pem)
    (address,) = describe(issued).crl_urls
    crl = get(None, address.removeprefix(installation.public_url()))
    assert (crl.status, crl.headers["Content-Type"]) == (200, "application/pkix-crl")
    assert "max-age=60" in crl.headers["Cache-Control"]
    issuer = get(None, address.removeprefix(installation.public_url()).replace(".crl", ".crt"))
    assert (issuer.status, issuer.headers["Content-Type"]) == (200, "application/pkix-cert")
    assert describe(issuer.content).subject == describe(issued).issuer


def test_openssl_finds_the_chain_and_the_list_good(acme: House, tmp_path: Path) -> None:
    needs("openssl")
    give_identity(acme)
    identity = Identity.objects.get()
    (address,) = describe(from_pem_or_base64(identity.certificate_pem)).crl_urls
    path = address.removeprefix(installation.public_url())
    (tmp_path / "signer.pem").write_text(identity.certificate_pem)
    (tmp_path / "issuer.der").write_bytes(get(None, path.replace(".crl", ".crt")).content)
    (tmp_path / "list.der").write_bytes(get(None, path).content)
    (tmp_path / "root.pem").write_bytes(get(None, "/pki/root.crt").content)
    run = ["openssl", "verify", "-crl_check", "-CAfile", "root.pem", "-untrusted", "issuer.pem", "-CRLfile", "list.pem"]
    for kind, name in (("x509", "issuer"), ("crl", "list")):
        subprocess.run(
            ["openssl", kind, "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.pem"], cwd=tmp_path, check=True
        )
    done = subprocess.run([*run, "signer.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "signer.pem: OK\n", done.stderr


def test_before_init_and_beyond_there_is_nothing(db: None) -> None:
    assert_refused(get(None, "/pki/root.crt"), 404, "no_authority")
    for ending in ("crt", "crl"):
        assert_refused(get(None, f"/pki/{uuid4()}.{ending}"), 404, "authority_not_found")
