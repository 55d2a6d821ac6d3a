"""Revocation as the verifiers of others meet it at a running server, before and after another process revokes."""

import base64
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.x509.ocsp import load_der_ocsp_response

from sigillo.pki.certificates import describe, from_pem_or_base64, to_pem
from tests.cli.serving import Server, environ, sigillo, started
from tests.support.judges import PdfsigVerdict, newest_signature, nss_database, pdfsig
from tests.support.programs import needs
from tests.support.questions import awkward

REVOKE = """
import sys
from sigillo.cli.startup import start_django
start_django()
from django.db import transaction
from sigillo.identities import authority
from sigillo.pki.crl import Reason
with transaction.atomic():
    print(authority.revoke(sys.stdin.read(), Reason.KEY_COMPROMISE, actor="system:test"))
"""


@dataclass(frozen=True)
class Published:
    """A running server, the file that its quickstart signed, and a folder with the certificates of the signature."""

    server: Server
    signed: Path
    folder: Path

    def run(self, *command: str) -> str:
        """Everything that a program says, in the folder."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    def ask_openssl(self, certificate: str, issuer: str, *more: str) -> str:
        """`openssl ocsp` at the address that the certificate names, trusting the root alone."""
        url = self.run("openssl", "x509", "-in", certificate, "-noout", "-ocsp_uri").strip()
        assert url.startswith(f"{self.server.url}/pki/")
        about = ["-issuer", issuer, "-cert", certificate, *more]
        return self.run("openssl", "ocsp", *about, "-url", url, "-CAfile", "root.pem", "-timeout", "20")

    def verify(self) -> str:
        """`openssl verify` with the lists of both levels, fetched from where the certificates say they are."""
        lists = []
        for name in ("leaf", "issuing"):
            text = self.run("openssl", "x509", "-in", f"{name}.pem", "-noout", "-ext", "crlDistributionPoints")
            status, der = self.server.send(text.partition("URI:")[2].split()[0])
            assert status == 200
            (self.folder / f"{name}.crl").write_bytes(der)
            self.run("openssl", "crl", "-inform", "DER", "-in", f"{name}.crl", "-out", f"{name}.crl.pem")
            lists += ["-CRLfile", f"{name}.crl.pem"]
        chain = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", *lists]
        return self.run("openssl", "verify", "-x509_strict", "-crl_check_all", *chain, "leaf.pem")

    def judge(self) -> PdfsigVerdict:
        """What poppler says with its own OCSP client, NSS's, switched on."""
        (verdict,) = pdfsig(self.signed, self.folder / "nss")
        return verdict

    def asked(self) -> int:
        """How often the server was asked by OCSP."""
        return (self.server.home.parent / "quickstart.log").read_text().count("/ocsp")

    def der(self, name: str) -> bytes:
        return from_pem_or_base64((self.folder / f"{name}.pem").read_text())


@pytest.fixture(scope="module")
def published() -> Iterator[Published]:
    """One quickstart for the whole module: the tests run from top to bottom, and those below `revoked` after it."""
    with tempfile.TemporaryDirectory(prefix="sigillo-revocation-") as name:
        folder = Path(name)
        with started("quickstart", folder / "home", SIGILLO_LOG_LEVEL="INFO") as server:
            server.read_until("Stop it with Ctrl-C")
            signed = server.home / "quickstart" / "agreement-signed.pdf"
            found = Published(server, signed, folder)
            (folder / "root.pem").write_bytes(server.send(f"{server.url}/pki/root.crt")[1])
            nss_database(folder / "nss", found.der("root"))
            _write_chain(found)
            yield found


def _write_chain(published: Published) -> None:
    contents, _ = newest_signature(published.signed.read_bytes())
    for choice in cms.ContentInfo.load(contents)["content"]["certificates"]:
        info = describe(choice.chosen.dump())
        if info.subject != info.issuer:
            name = "issuing" if info.is_authority else "leaf"
            (published.folder / f"{name}.pem").write_text(to_pem(choice.chosen.dump()))


@needs("openssl")
def test_openssl_finds_nothing_on_the_lists_of_both_levels(published: Published) -> None:
    assert published.verify() == "leaf.pem: OK\n"


@needs("openssl")
@pytest.mark.parametrize("algorithm", ["-sha1", "-sha256"])
def test_openssl_is_told_good_and_unknown_of_several(published: Published, algorithm: str) -> None:
    # The algorithm counts for the certificates after it.
    url = published.run("openssl", "x509", "-in", "leaf.pem", "-noout", "-ocsp_uri").strip()
    about = ["-issuer", "issuing.pem", algorithm, "-cert", "leaf.pem", "-serial", "0x1234"]
    said = published.run("openssl", "ocsp", *about, "-url", url, "-CAfile", "root.pem")
    assert "Response verify OK" in said
    assert "leaf.pem: good" in said
    assert "0x1234: unknown" in said
    assert "WARNING" not in said  # which is what it prints of a nonce that does not come back


@needs("openssl")
def test_openssl_is_told_that_the_issuing_authority_is_good(published: Published) -> None:
    said = published.ask_openssl("issuing.pem", "root.pem")
    assert "Response verify OK" in said
    assert "issuing.pem: good" in said


@needs("openssl")
def test_openssl_is_told_when_it_asks_the_wrong_authority(published: Published) -> None:
    assert "Responder Error: unauthorized (6)" in published.ask_openssl("leaf.pem", "root.pem")


def _converse(server: Server, head: str, body: bytes = b"") -> tuple[str, dict[str, str], bytes]:
    """One exchange in HTTP/1.0, without a Host header: status line, headers, and the body up to the end."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    above, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = above.decode().split("\r\n")
    return status, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, content


def test_a_client_of_http_1_0_may_post_and_get_in_any_spelling(published: Published) -> None:
    request = awkward(published.der("leaf"), published.der("issuing"))
    leaf = x509.load_der_x509_certificate(published.der("leaf"))
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    path = urlsplit(access[0].access_location.value).path
    text = base64.b64encode(request).decode()
    post = f"POST {path} HTTP/1.0\r\nContent-Type: application/ocsp-request\r\nContent-Length: {len(request)}"
    spellings = (text, quote(text), quote(text, safe=""), text.rstrip("="))
    exchanges = [(post, request), *((f"GET {path}/{spelling} HTTP/1.0", b"") for spelling in spellings)]
    for head, body in exchanges:
        status, headers, content = _converse(published.server, head, body)
        assert status.split()[1] == "200"
        assert headers["content-type"] == "application/ocsp-response"
        assert int(headers["content-length"]) == len(content)
        response = load_der_ocsp_response(content)
        assert (response.certificate_status.name, response.serial_number) == ("GOOD", leaf.serial_number)


@needs("pdfsig", "certutil", "openssl")
def test_pdfsig_asks_and_trusts(published: Published) -> None:
    before = published.asked()
    verdict = published.judge()
    assert verdict.trusted, verdict.text
    assert published.asked() > before


def test_our_own_verifier_looks_into_the_register(published: Published) -> None:
    done = sigillo("verify", str(published.signed), "--json", home=published.server.home)
    answer = json.loads(done.stdout)
    assert (done.returncode, done.stderr, answer["revocation_checked"], answer["notes"]) == (0, "", True, [])
    assert answer["signatures"][0]["revocation"] == "good"


def test_our_own_verifier_does_without_a_database_and_says_so(published: Published) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    done = sigillo("verify", str(published.signed), home=published.server.home, DATABASE_URL=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Revocation  not looked up" in done.stdout
    assert "was not asked about revocation: The database does not answer" in done.stdout


def test_our_own_verifier_says_where_there_is_no_register(published: Published) -> None:
    root, none = str(published.folder / "root.pem"), published.folder / "none"
    done = sigillo("verify", str(published.signed), "--root", root, home=none)
    assert done.returncode == 0
    assert "There is no installation here whose register could be asked" in done.stdout
    assert not none.exists()


def test_our_own_verifier_needs_no_settings_for_a_root_that_is_named(published: Published) -> None:
    root = str(published.folder / "root.pem")
    done = sigillo("verify", str(published.signed), "--root", root, home=published.server.home, SIGILLO_WORKERS="many")
    assert (done.returncode, done.stderr) == (0, "")
    assert "was not asked about revocation: SIGILLO_WORKERS" in done.stdout


@pytest.fixture(scope="module")
def revoked(published: Published) -> Published:
    """The same after another process has revoked the signer's certificate: what follows uses this."""
    done = subprocess.run(
        [sys.executable, "-c", REVOKE],
        env=environ(published.server.home, SIGILLO_PUBLIC_URL=published.server.url),
        input=(published.folder / "leaf.pem").read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr
    return published


@needs("openssl")
def test_openssl_is_told_at_once_by_both(revoked: Published) -> None:
    said = revoked.ask_openssl("leaf.pem", "issuing.pem")
    assert "Response verify OK" in said
    assert "leaf.pem: revoked" in said
    assert "Reason: keyCompromise" in said
    assert "certificate revoked" in revoked.verify()


@needs("pdfsig", "certutil", "openssl")
def test_pdfsig_asks_and_trusts_no_longer(revoked: Published) -> None:
    verdict = revoked.judge()
    assert "Certificate has been Revoked." in verdict.text
    assert not verdict.trusted
    assert verdict.valid  # the signature itself is what it was
    unasked = revoked.run("pdfsig", "-no-ocsp", "-nssdir", f"sql:{revoked.folder / 'nss'}", str(revoked.signed))
    assert "Certificate is Trusted." in unasked


def test_our_own_verifier_relies_on_it_no_longer(revoked: Published) -> None:
    done = sigillo("verify", str(revoked.signed), home=revoked.server.home)
    assert (done.returncode, done.stderr) == (1, "")
    assert "Revocation  REVOKED, says the register of this installation" in done.stdout
    assert "(keyCompromise)" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("INDETERMINATE.")
