"""Servers are believed when their certificate says so, for the name that was asked, and never else."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.tls import present, trust
from sigillo.outbound.values import ClientCertificate
from tests.outbound.servers import fetch, reply, serve

ALLOW = ("localhost", "127.0.0.1")
YEAR = timedelta(days=365)


@dataclass
class Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def context(self, folder: Path) -> ssl.SSLContext:
        """The server side."""
        file = folder / "server.pem"
        file.write_text(self.certificate_pem + self.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def issue(
    name: str, issuer: Issued | None, *, ends: timedelta = YEAR, names: Sequence[x509.GeneralName] = ()
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * YEAR)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


@pytest.fixture(scope="module")
def root() -> Issued:
    return issue("Test root", None)


@pytest.fixture(scope="module")
def policy(root: Issued) -> OutboundPolicy:
    return OutboundPolicy(allow=ALLOW, authorities=root.certificate_pem)


def test_a_certificate_of_the_operators_authority_is_believed_for_its_name(
    policy: OutboundPolicy, root: Issued, tmp_path: Path
) -> None:
    asked: list[str | None] = []
    context = issue("localhost", root, names=[x509.DNSName("localhost")]).context(tmp_path)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with serve(reply(200, b"%PDF"), context) as site:
        _, body = fetch(site.url(host="localhost"), policy)
        assert body == b"%PDF"
        assert asked == ["localhost"], "the name goes out although the address was dialled"
        with pytest.raises(OutboundFailed, match="not trusted") as caught:
            fetch(site.url(host="127.0.0.1"), policy)
    assert caught.value.code == "outbound_certificate"
    assert caught.value.permanent
    assert len(site.seen) == 1


def test_an_address_needs_its_own_entry_in_the_certificate(
    policy: OutboundPolicy, root: Issued, tmp_path: Path
) -> None:
    context = issue("x", root, names=[x509.IPAddress(ip_address("127.0.0.1"))]).context(tmp_path)
    with serve(reply(200, b"%PDF"), context) as site:
        assert fetch(site.url(), policy)[1] == b"%PDF"


@pytest.mark.parametrize("fault", ["unknown authority", "self-signed", "expired", "another name", "name only in CN"])
def test_a_wrong_certificate_ends_the_call_before_the_request(
    fault: str, policy: OutboundPolicy, root: Issued, tmp_path: Path
) -> None:
    mine = [x509.DNSName("localhost")]
    wrong = {
        "unknown authority": lambda: issue("localhost", issue("Other root", None), names=mine),
        "self-signed": lambda: issue("localhost", None, names=mine),
        "expired": lambda: issue("localhost", root, ends=-YEAR, names=mine),
        "another name": lambda: issue("localhost", root, names=[x509.DNSName("other.example")]),
        "name only in CN": lambda: issue("localhost", root),
    }[fault]()
    with serve(reply(200, b"%PDF"), wrong.context(tmp_path)) as site:
        with pytest.raises(OutboundFailed) as caught:
            fetch(site.url("/?secret", host="localhost"), policy)
        assert site.seen == []
    assert caught.value.code == "outbound_certificate"
    assert f"localhost:{site.port}" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_plain_server_on_a_tls_port_is_a_temporary_failure(policy: OutboundPolicy) -> None:
    with serve(reply()) as site, pytest.raises(OutboundFailed, match="TLS handshake") as caught:
        fetch(f"https://localhost:{site.port}/", policy)
    assert not caught.value.permanent


def test_a_redirect_from_https_to_http_is_refused(policy: OutboundPolicy, root: Issued, tmp_path: Path) -> None:
    context = issue("localhost", root, names=[x509.DNSName("localhost")]).context(tmp_path)
    with serve(reply(200)) as plain, serve(reply(302, Location=plain.url()), context) as site:
        with pytest.raises(OutboundRefused) as caught:
            fetch(site.url(host="localhost"), policy)
        assert plain.seen == []
    assert caught.value.code == "outbound_downgrade"


class TestClientCertificates:
    @pytest.fixture
    def asking(self, root: Issued, tmp_path: Path) -> ssl.SSLContext:
        context = issue("localhost", root, names=[x509.DNSName("localhost")]).context(tmp_path)
        context.load_verify_locations(cadata=root.certificate_pem)
        context.verify_mode = ssl.CERT_REQUIRED
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 the refusal comes after the handshake
        return context

    def test_they_open_a_server_that_asks(self, policy: OutboundPolicy, root: Issued, asking: ssl.SSLContext) -> None:
        mine = issue("Client", root)
        presented = ClientCertificate(mine.certificate_pem, mine.key_pem)
        with serve(reply(200, b"%PDF"), asking) as site:
            assert fetch(site.url(host="localhost"), policy, client_certificate=presented)[1] == b"%PDF"
            with pytest.raises(OutboundFailed):
                fetch(site.url(host="localhost"), policy)

    def test_a_key_of_another_certificate_is_named_and_leaves_no_file(
        self, policy: OutboundPolicy, root: Issued, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        wrong = ClientCertificate(issue("Client", root).certificate_pem, issue("Other", root).key_pem)
        with pytest.raises(OutboundFailed, match="client certificate cannot be used") as caught:
            fetch("https://localhost:1/", policy, client_certificate=wrong)
        assert caught.value.permanent
        assert "PRIVATE" not in caught.value.message
        assert list(temporary.iterdir()) == []

    def test_our_own_judgement_is_as_strict_as_before(self, root: Issued) -> None:
        mine, context = issue("Client", root), trust("")
        present(context, ClientCertificate(mine.certificate_pem, mine.key_pem))
        fresh = trust("")
        assert context.security_level == fresh.security_level
        assert context.get_ciphers() == fresh.get_ciphers()
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)

    def test_an_encrypted_key_does_not_wait_for_a_terminal(self, policy: OutboundPolicy, root: Issued) -> None:
        mine = issue("Client", root)
        locked = mine.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ).decode()
        with pytest.raises(OutboundFailed, match="unencrypted key"):
            fetch(
                "https://localhost:1/",
                policy,
                client_certificate=ClientCertificate(mine.certificate_pem, locked),
            )

    def test_a_weak_one_is_the_servers_to_judge(self, policy: OutboundPolicy) -> None:
        """The contract's own sample is an RSA certificate signed with SHA-1: it is not refused here."""
        key = rsa.generate_private_key(65537, 1024)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak")])
        now = datetime.now(UTC)
        weak = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - YEAR)
            .not_valid_after(now + YEAR)
            .sign(key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()
        presented = ClientCertificate(weak.public_bytes(serialization.Encoding.PEM).decode(), pem)
        with pytest.raises(OutboundFailed, match="accepts no connection"):
            fetch("https://localhost:1/", policy, client_certificate=presented)
