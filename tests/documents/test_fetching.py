"""Fetching a document by the options of the contract."""

from base64 import b64encode
from http.server import BaseHTTPRequestHandler

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sigillo.base.errors import Invalid
from sigillo.documents.fetching import FetchOptions, fetch_document, options_from
from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.values import BasicAuth, DigestAuth
from tests.outbound.servers import LOOPBACK, reply, serve
from tests.support.chain import signer

PDF = b"%PDF-1.7 content"
CERTIFICATE = b64encode(signer().certificate).decode()
_DER = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
KEY = b64encode(_DER).decode()
BOTH = (
    f"-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n"
    f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"
)
"""One file with both, as many programs want it: shown in an answer it would give the key away."""


def fetch(url: str, options: FetchOptions | None = None, policy: OutboundPolicy = LOOPBACK) -> tuple[int, bytes]:
    body = bytearray()
    size = fetch_document(
        Outbound(policy), url, options or FetchOptions(), max_bytes=1000, total_seconds=5, sink=body.extend
    )
    return size, bytes(body)


class TestFetching:
    def test_a_document_comes_whole(self) -> None:
        with serve(reply(200, PDF)) as site:
            assert fetch(site.url("/x?y")) == (len(PDF), PDF)

    def test_method_headers_and_credentials_go_out(self) -> None:
        token = {"headers": {"X-Key": "1", "x-tenant": "a"}, "auth_username": "jdo", "auth_password": "Bit-4-Id"}
        options = options_from(token, {"method": "post", "headers": {"X-TENANT": "b"}})
        with serve(reply(200, PDF)) as site:
            fetch(site.url(), options)
        seen = site.seen[0]
        assert (seen.method, seen.headers["X-Key"], seen.headers.get_all("x-tenant")) == ("POST", "1", ["b"])
        assert seen.headers["Authorization"] == "Basic " + b64encode(b"jdo:Bit-4-Id").decode()

    def test_three_redirects_are_followed(self) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            left = int(handler.path[1:])
            (reply(302, Location=f"/{left - 1}") if left else reply(200, PDF))(handler)

        with serve(answer) as site:
            assert fetch(site.url("/3"))[1] == PDF
            with pytest.raises(OutboundFailed):
                fetch(site.url("/4"))

    @pytest.mark.parametrize(("status", "body"), [(200, b""), (204, b""), (206, PDF), (202, PDF)])
    def test_an_answer_without_the_whole_document_is_a_failure(self, status: int, body: bytes) -> None:
        with serve(reply(status, body)) as site, pytest.raises(OutboundFailed, match="without a document") as caught:
            fetch(site.url("/?secret"))
        assert caught.value.permanent
        assert "secret" not in caught.value.message

    def test_too_much_and_forbidden_places_are_permanent(self) -> None:
        with serve(reply(200, PDF * 100)) as site:
            with pytest.raises(OutboundFailed, match="more than 1000 bytes") as large:
                fetch(site.url())
            with pytest.raises(OutboundRefused, match="SIGILLO_OUTBOUND_ALLOW") as refused:
                fetch("http://169.254.169.254/latest/meta-data/")
        assert large.value.permanent
        assert refused.value.permanent


class TestOptions:
    def test_nothing_said_is_a_plain_get(self) -> None:
        assert options_from(None, None) == options_from({}, {}) == FetchOptions()
        empty = {"headers": None, "auth_username": "", "auth_password": "", "client_key": None, "client_cert": ""}
        assert options_from(empty, {"method": None, "headers": {}}) == FetchOptions()
        assert options_from({"headers": []}, {}) == FetchOptions(), "PHP writes an empty object so"

    def test_credentials_are_basic_unless_digest_is_said(self) -> None:
        assert options_from({"auth_username": "a", "auth_password": "b"}, {}).auth == BasicAuth("a", "b")
        digest = {"auth_username": "a", "auth_password": "b", "auth_mode": "Digest"}
        assert options_from(digest, {}).auth == DigestAuth("a", "b")

    @pytest.mark.parametrize(
        ("http_options", "document_uri_options", "key"),
        [
            ({"proxy": "x"}, {}, "http_options.proxy"),
            ({}, {"auth_username": "x"}, "document_uri_options.auth_username"),
            ({}, {"method": "DELETE"}, "document_uri_options.method"),
            ({}, {"method": 1}, "document_uri_options.method"),
            ({"headers": "X: y"}, {}, "http_options.headers"),
            ({"headers": {"Host": "evil"}}, {}, "http_options.headers.Host"),
            ({}, {"headers": {"content-length": "1"}}, "document_uri_options.headers.content-length"),
            ({"headers": {"Transfer-Encoding": "chunked"}}, {}, "http_options.headers.Transfer-Encoding"),
            ({"headers": {"Connection": "close"}}, {}, "http_options.headers.Connection"),
            ({"headers": {"Accept-Encoding": "br"}}, {}, "http_options.headers.Accept-Encoding"),
            ({"headers": {"X": "a\r\nHost: evil"}}, {}, "http_options.headers.X"),
            ({"headers": {"X": "a\x00"}}, {}, "http_options.headers.X"),
            ({"headers": {"X": "王"}}, {}, "http_options.headers.X"),
            ({"headers": {"X": ["a"]}}, {}, "http_options.headers.X"),
            ({"headers": {"X": True}}, {}, "http_options.headers.X"),
            ({"headers": {"X": "a" * 10_000}}, {}, "http_options.headers.X"),
            ({"headers": {"X:": "a"}}, {}, "http_options.headers"),
            ({"headers": {"X\r\nY": "a"}}, {}, "http_options.headers"),
            ({"headers": {f"X{number}": "a" for number in range(60)}}, {}, "http_options.headers"),
            ({"auth_password": "secret"}, {}, "http_options.auth_username"),
            ({"auth_username": 1}, {}, "http_options.auth_username"),
            ({"auth_username": "a:b", "auth_password": "secret"}, {}, "http_options.auth_username"),
            ({"auth_username": 'a", realm="x', "auth_mode": "digest"}, {}, "http_options.auth_username"),
            ({"auth_username": "a", "auth_mode": "ntlm"}, {}, "http_options.auth_mode"),
            ({"client_key": "secret"}, {}, "http_options.client_key"),
            ({"client_key": "secret!", "client_cert": CERTIFICATE}, {}, "http_options.client_key"),
            ({"client_key": CERTIFICATE, "client_cert": CERTIFICATE}, {}, "http_options.client_key"),
            ({"client_key": "MIIE", "client_cert": "AAAA"}, {}, "http_options.client_cert"),
            ({"client_key": KEY, "client_cert": KEY}, {}, "http_options.client_cert"),
            ({"client_key": KEY, "client_cert": BOTH}, {}, "http_options.client_cert"),
        ],
    )  # fmt: skip
    def test_a_wrong_option_is_named_and_its_value_is_not(
        self, http_options: dict[str, object], document_uri_options: dict[str, object], key: str
    ) -> None:
        with pytest.raises(Invalid) as caught:
            options_from(http_options, document_uri_options)
        assert caught.value.message.startswith(key + " ")
        assert "secret" not in caught.value.message
        assert "evil" not in caught.value.message


class TestClientCertificates:
    RSA = rsa.generate_private_key(65537, 2048)
    EC = ec.generate_private_key(ec.SECP256R1())

    @pytest.mark.parametrize("key", [RSA, EC])
    @pytest.mark.parametrize(
        "form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
    )
    @pytest.mark.parametrize("shape", ["pem", "pem in one line", "bare", "bare with spaces"])
    def test_every_shape_of_a_key_becomes_its_pem(
        self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: serialization.PrivateFormat, shape: str
    ) -> None:
        pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
        body = "".join(pem.splitlines()[1:-1])
        spaced = " ".join(body[at : at + 64] for at in range(0, len(body), 64))
        text = {"pem": pem, "pem in one line": pem.replace("\n", " "), "bare": body, "bare with spaces": spaced}[shape]
        read = options_from({"client_key": text, "client_cert": CERTIFICATE}, {}).client_certificate
        assert read is not None
        assert read.key == pem

    def test_a_chain_keeps_its_order(self) -> None:
        chain = [signer().certificate, *signer().chain]
        pem = "".join(f"-----BEGIN CERTIFICATE-----{b64encode(der).decode()}-----END CERTIFICATE-----" for der in chain)
        key = self.RSA.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        read = options_from({"client_key": key, "client_cert": pem}, {}).client_certificate
        assert read is not None
        lines = "".join(read.certificate.splitlines())
        found = [lines.index(b64encode(der).decode()) for der in chain]
        assert found == sorted(found)

    def test_an_encrypted_key_is_refused(self) -> None:
        locked = self.RSA.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        ).decode()
        with pytest.raises(Invalid, match=r"client_key must be one unencrypted private key"):
            options_from({"client_key": locked, "client_cert": CERTIFICATE}, {})
