"""A URL has one reading; spellings that others read differently have none."""

import pytest

from sigillo.outbound.errors import OutboundRefused
from sigillo.outbound.targets import read_host, read_target


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("minio_1", "minio_1"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[2001:DB8:0:0:0:0:0:1]", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost"),
    ],
)
def test_a_host_has_one_spelling(text: str, host: str) -> None:
    assert read_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.01", "1.2.3.4.5",
        "256.1.1.1", "foo.0x7f", "a..b", "..", "", ".", "-a", "a b", "a%2eb", "a/b", "[fe80::1%25eth0]",
        "[::1", "::1", "[1.2.3.4]", "\u200b", "exa\u0000mple",
        "x" * 64, "a." * 127 + "example",
    ],
)  # fmt: skip
def test_ambiguous_hosts_have_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[a-z]"):
        read_host(text)


def test_a_url_is_rebuilt_from_what_was_read() -> None:
    target = read_target(" HTTP://Bücher.example:80/a b/?q=1#fragment ")
    assert (target.scheme, target.host, target.port) == ("http", "xn--bcher-kva.example", 80)
    assert target.url == "http://xn--bcher-kva.example/a b/?q=1"
    assert target.name == "xn--bcher-kva.example"


def test_an_ipv6_target_keeps_its_brackets_and_port() -> None:
    target = read_target("https://[2606:4700::1111]:8443")
    assert (target.host, target.port) == ("2606:4700::1111", 8443)
    assert target.url == "https://[2606:4700::1111]:8443/"
    assert target.name == "[2606:4700::1111]:8443"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "outbound_scheme"),
        ("gopher://example.com/", "outbound_scheme"),
        ("//example.com/", "outbound_scheme"),
        ("example.com/file.pdf", "outbound_scheme"),
        ("http://user@example.com/", "outbound_userinfo"),
        ("http://:secret@example.com/", "outbound_userinfo"),
        ("http://example.com:0/", "outbound_port"),
        ("http://example.com:65536/", "outbound_url"),
        ("http://example.com:８０/", "outbound_url"),
        ("http://[::1/", "outbound_url"),
        ("http:///path", "outbound_host"),
        ("http:example.com", "outbound_host"),
        ("http://exam\tple.com/", "outbound_url"),
        ("http://example.com\\@evil.example/", "outbound_url"),
        ("http://example.com/\r\nHost: evil.example", "outbound_url"),
        ("http://example.com/" + "a" * 20_000, "outbound_url"),
    ],
)
def test_malformed_urls_are_refused_by_name_and_never_repeated(url: str, code: str) -> None:
    with pytest.raises(OutboundRefused) as caught:
        read_target(url)
    assert caught.value.code == code
    assert "secret" not in caught.value.message
    assert "passwd" not in caught.value.message
