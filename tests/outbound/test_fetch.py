"""What a call brings back, and what goes along with it."""

import base64
import hashlib
import re
from http.server import BaseHTTPRequestHandler
from socket import EAI_NONAME, gaierror

import pytest

from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.values import BasicAuth, DigestAuth, Limits, Request
from tests.outbound.servers import LIMITS, LOOPBACK, Reply, Site, fetch, nowhere, raw, reply, serve


def test_a_body_and_its_headers_arrive() -> None:
    with serve(reply(200, b"%PDF-1.7", Content_Type="application/pdf")) as site:
        answer, body = fetch(site.url("/a b.pdf?token=t"))
    assert (answer.status, answer.size, body) == (200, 8, b"%PDF-1.7")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.url == site.url("/a b.pdf?token=t")
    assert [seen.path for seen in site.seen] == ["/a%20b.pdf?token=t"]


def test_the_request_says_no_more_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serve(reply(200)) as site:
        fetch(site.url(host="localhost"), OutboundPolicy(allow=("localhost",)), headers={"user-agent": "Mine/1"})
    names = [name.lower() for name in site.seen[0].headers]
    assert sorted(names) == ["accept", "accept-encoding", "host", "user-agent"]
    assert site.seen[0].headers["Host"] == f"localhost:{site.port}", "the port belongs to it (RFC 9110, 7.2)"
    assert site.seen[0].headers["User-Agent"] == "Mine/1"


def test_basic_credentials_go_out_in_utf8() -> None:
    with serve(reply(200)) as site:
        fetch(site.url(), auth=BasicAuth("Łukasz", "pass:wörd"))
    scheme, value = site.seen[0].headers["Authorization"].split()
    assert (scheme, base64.b64decode(value).decode()) == ("Basic", "Łukasz:pass:wörd")


def digest_guard(username: str, password: str, body: bytes) -> Reply:
    """RFC 7616 with MD5 and qop=auth, checked from scratch."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        header = handler.headers.get("Authorization", "").encode("latin-1").decode()
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', header))
        ha1, ha2 = md5(f"{username}:vault:{password}"), md5(f"{handler.command}:{handler.path}")
        expected = md5(f"{ha1}:n0nce:{given.get('nc')}:{given.get('cnonce')}:auth:{ha2}")
        if given.get("response") == expected:
            reply(200, body)(handler)
        else:
            challenge = 'Digest realm="vault", nonce="n0nce", qop="auth", algorithm=MD5'
            reply(401, b"x" * 10_000, WWW_Authenticate=challenge)(handler)

    return answer


@pytest.mark.parametrize("username", ["jdo", "Łukasz"])
def test_digest_credentials_answer_a_challenge(username: str) -> None:
    with serve(digest_guard(username, "secret", b"inside")) as site:
        answer, body = fetch(site.url("/vault?a=1"), auth=DigestAuth(username, "secret"))
        assert (answer.status, body) == (200, b"inside")
        assert [("Authorization" in seen.headers) for seen in site.seen] == [False, True]
        with pytest.raises(OutboundFailed, match="401") as caught:
            fetch(site.url("/vault"), auth=DigestAuth(username, "wrong"))
    assert caught.value.permanent
    assert len(site.seen) == 4, "a wrong password is tried once"


def echo(handler: BaseHTTPRequestHandler) -> None:
    """Answer with the body that came; `/again` sends elsewhere first, with the status that the path names."""
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    again, _, status = handler.path.removeprefix("/").partition("/")
    (reply(int(status), Location="/") if again == "again" else reply(200, body))(handler)


def test_a_body_is_sent_with_its_length_and_its_type() -> None:
    with serve(echo) as site:
        headers = {"Content-Type": "application/json"}
        answer, body = fetch(site.url(), method="POST", headers=headers, body=b'{"PIN": "\xc3\xa8"}')
    assert (answer.status, body) == (200, b'{"PIN": "\xc3\xa8"}')
    assert (site.seen[0].headers["Content-Length"], site.seen[0].headers["Content-Type"]) == ("13", "application/json")


@pytest.mark.parametrize(("status", "kept"), [(302, b""), (303, b""), (307, b"secret"), (308, b"secret")])
def test_a_body_follows_its_method(status: int, kept: bytes) -> None:
    with serve(echo) as site:
        _, body = fetch(site.url(f"/again/{status}"), method="POST", body=b"secret")
    assert body == kept


def test_a_body_does_not_leave_its_origin() -> None:
    with serve(echo) as away, serve(reply(307, Location=away.url("/"))) as home:
        _, body = fetch(home.url(), method="POST", body=b"secret")
    assert body == b""


@pytest.mark.parametrize(("most", "kept"), [(0, b""), (10, b""), (18, b""), (19, b'{"error": "a_word"}')])
def test_what_a_failure_says_is_kept_where_it_is_asked_for(most: int, kept: bytes) -> None:
    with serve(reply(400, b'{"error": "a_word"}')) as site, pytest.raises(OutboundFailed, match="400") as caught:
        fetch(site.url(), limits=Limits(1, 5, error_bytes=most))
    assert (caught.value.status, caught.value.body) == (400, kept)
    assert "a_word" not in str(caught.value)


@pytest.mark.parametrize(("given", "kept"), [({"Retry_After": "120"}, "120"), ({}, None)])
def test_when_to_call_again_is_kept(given: dict[str, str], kept: str | None) -> None:
    with serve(reply(429, b"", **given)) as site, pytest.raises(OutboundFailed) as caught:
        fetch(site.url())
    assert (caught.value.status, caught.value.retry_after) == (429, kept)


def test_what_a_failure_says_is_not_waited_for_for_ever() -> None:
    def talk(connection: object, over: object) -> None:
        connection.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\nhalf")  # type: ignore[attr-defined]
        over.wait(5)  # type: ignore[attr-defined]

    with raw(talk) as site, pytest.raises(OutboundFailed) as caught:
        fetch(site.url(), limits=Limits(1, 0.1, error_bytes=100))
    assert caught.value.code == "outbound_timeout"


STATUSES = [
    *[(status, True) for status in (300, 304, 400, 401, 403, 404, 410, 451)],
    *[(status, False) for status in (408, 425, 429, 500, 502, 503, 504, 599)],
]


@pytest.mark.parametrize(("status", "permanent"), STATUSES)
def test_a_status_says_whether_to_come_back(status: int, permanent: bool) -> None:
    with serve(reply(status, b"the secret reason")) as site, pytest.raises(OutboundFailed) as caught:
        fetch(site.url("/path?token=secret"))
    assert (caught.value.permanent, caught.value.status) == (permanent, status)
    assert f"127.0.0.1:{site.port} answered {status}" in caught.value.message
    assert "secret" not in caught.value.message


def no_such_name(_host: str, _port: int) -> list[str]:
    raise gaierror(EAI_NONAME, "Name or service not known")


def test_a_dead_port_and_an_unknown_name_are_temporary() -> None:
    with serve(reply()) as site:
        url = site.url()
    with pytest.raises(OutboundFailed, match="accepts no connection") as refused:
        fetch(url)
    with pytest.raises(OutboundFailed, match=r"nobody\.example does not resolve") as unknown:
        Outbound(LOOPBACK, no_such_name).fetch(Request("http://nobody.example/"), LIMITS, nowhere)
    assert not refused.value.permanent
    assert not unknown.value.permanent


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "words",
    [
        b"",
        b"\x00" * 500,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/9.9 200\r\n",
        OK + b"Content-Length: 100\r\n\r\nshort",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        OK + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_an_answer_that_is_no_http_or_is_cut_is_a_temporary_failure(words: bytes) -> None:
    with (
        raw(lambda connection, _: connection.sendall(words)) as site,
        pytest.raises(OutboundFailed) as caught,
    ):
        fetch(site.url("/?secret"))
    assert not caught.value.permanent
    assert "127.0.0.1" in caught.value.message
    assert "secret" not in caught.value.message


def test_an_encoding_that_was_not_asked_for_is_not_taken_for_the_document() -> None:
    with (
        serve(reply(200, b"\x8b\x03\x80", Content_Encoding="br")) as site,
        pytest.raises(OutboundFailed) as caught,
    ):
        fetch(site.url())
    assert caught.value.code == "outbound_encoding"


def test_an_error_of_the_sink_reaches_the_caller_as_it_is() -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    with serve(reply(200, b"x")) as site, pytest.raises(OSError, match="No space left"):
        Outbound(LOOPBACK).fetch(Request(site.url()), LIMITS, full)


@pytest.mark.parametrize("headers", [{"A": "b\r\nHost: evil"}, {"A\r\nB": "c"}, {"A:": "b"}, {"A": "Łukasz"}])
def test_a_header_cannot_carry_another(headers: dict[str, str]) -> None:
    with serve(reply()) as site:
        with pytest.raises((OutboundRefused, OutboundFailed)):
            fetch(site.url(), headers=headers)
        assert site.seen == []


class TestRedirects:
    """Each hop is judged anew, and credentials stay where they belong."""

    def test_they_are_followed_and_counted(self) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            left = int(handler.path.removeprefix("/"))
            (reply(302, Location=str(left - 1)) if left else reply(200, b"end"))(handler)

        with serve(answer) as site:
            answered, body = fetch(site.url("/3"))
            assert (answered.url, body) == (site.url("/0"), b"end")
            with pytest.raises(OutboundFailed, match="beyond the 3 allowed") as caught:
                fetch(site.url("/4"))
            assert caught.value.permanent
            with pytest.raises(OutboundFailed, match="beyond the 0 allowed"):
                fetch(site.url("/1"), limits=Limits(1000, 5))

    @pytest.mark.parametrize(
        ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
    )
    def test_the_method_follows_the_status(self, status: int, method: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            (reply(status, b"x", Location="/b") if handler.path == "/a" else reply())(handler)

        with serve(answer) as site:
            fetch(site.url("/a"), method="POST")
        assert [seen.method for seen in site.seen] == ["POST", method]

    def test_within_the_origin_everything_goes_along(self) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            (reply(302, Location="/b") if handler.path == "/a" else reply())(handler)

        with serve(answer) as site:
            fetch(site.url("/a"), auth=BasicAuth("jdo", "secret"), headers={"X-Api-Key": "k"})
        assert site.seen[1].headers["X-Api-Key"] == "k"
        assert site.seen[1].headers["Authorization"].startswith("Basic ")

    @pytest.mark.parametrize("auth", [BasicAuth("jdo", "secret"), DigestAuth("jdo", "secret"), None])
    def test_outside_the_origin_no_secret_goes_along(self, auth: BasicAuth | DigestAuth | None) -> None:
        """Another port is another origin; when the chain returns, the secrets do not."""
        secrets = {"Authorization": "Bearer b", "Cookie": "c", "X-Api-Key": "k", "Accept": "application/pdf"}
        challenge = 'Digest realm="r", nonce="n", qop="auth"'
        sites: dict[str, Site] = {}

        def at_home(handler: BaseHTTPRequestHandler) -> None:
            at_start = handler.path == "/a"
            (reply(302, Location=sites["away"].url("/b")) if at_start else reply(200, b"end"))(handler)

        def abroad(handler: BaseHTTPRequestHandler) -> None:
            back = sites["home"].url("/c")
            reply(302, Location=back, WWW_Authenticate=challenge, Set_Cookie="s=1")(handler)

        with serve(at_home) as home, serve(abroad) as away:
            sites.update(home=home, away=away)
            _, body = fetch(home.url("/a"), headers=secrets, auth=auth)
        assert body == b"end"
        assert "X-Api-Key" in home.seen[0].headers
        for seen in (*away.seen, home.seen[1]):
            assert not {"Authorization", "Cookie", "X-Api-Key"} & set(seen.headers)
            assert seen.headers["Accept"] == "application/pdf"

    def test_one_without_a_destination_is_a_failure(self) -> None:
        with serve(reply(302)) as site, pytest.raises(OutboundFailed, match="without saying where") as caught:
            fetch(site.url())
        assert caught.value.permanent


def test_secrets_do_not_show_in_what_is_printed() -> None:
    request = Request("http://x/?t=s3cret", headers={"A": "s3cret"}, auth=BasicAuth("jdo", "s3cret"), body=b"s3cret")
    assert "s3cret" not in repr(request)


def test_a_fetch_to_nowhere_reads_nothing() -> None:
    with serve(reply(204)) as site:
        answer = Outbound(LOOPBACK).fetch(Request(site.url()), LIMITS, nowhere)
    assert (answer.status, answer.size) == (204, 0)
