"""One reading of a URL, strict enough that no other reader can see another host in it."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import urlsplit

import idna

from sigillo.outbound.errors import OutboundRefused

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL = 16_384
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was read: an ASCII host (IPv6 without brackets), a port, and the URL rebuilt from them."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    url: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454): credentials never leave it."""
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """How messages call it."""
        return named(self.host, self.port)


def named(host: str, port: int) -> str:
    """`host` or `host:port`: all that a message tells about a URL."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port in DEFAULT_PORTS.values() else f"{shown}:{port}"


def read_host(text: str) -> str:
    """The one spelling of a host: a lower-case A-label name, dotted IPv4, or bare compressed IPv6.

    Raises ValueError with the reason for every spelling that programs read differently: numbers that are
    not four decimals (WHATWG URL, 3.5 "ends in a number"), zone ids, empty labels, forbidden characters.
    """
    if text.startswith("["):
        return _read_ipv6(text)
    ascii_text = _to_ascii(text).lower().removesuffix(".")
    labels = ascii_text.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(ascii_text))
        except AddressValueError as error:
            raise ValueError("writes an address in another form than four decimal numbers") from error
    if len(ascii_text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("is neither a host name nor an address")
    return ascii_text


def _read_ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError("carries a zone id")
    if not text.endswith("]"):
        raise ValueError("is neither a host name nor an address")
    try:
        return str(IPv6Address(text[1:-1]))
    except AddressValueError as error:
        raise ValueError("is not an IPv6 address") from error


def _to_ascii(text: str) -> str:
    """A-labels (RFC 5891) after the UTS 46 mapping, which also turns full-width digits into plain ones."""
    if text.isascii():
        return text
    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("is not a valid internationalized name") from error


def read_target(url: str) -> Target:
    """Read a URL (RFC 3986); raises OutboundRefused for what is never called, whatever the policy."""
    url = url.strip(" ")
    if len(url) > MAX_URL or _FORBIDDEN.search(url):
        message = "The URL is too long, or holds control characters or a backslash."
        raise OutboundRefused("outbound_url", message)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        message = "The URL is malformed: its host or port cannot be read."
        raise OutboundRefused("outbound_url", message) from error
    if parts.scheme not in ("http", "https"):
        raise OutboundRefused("outbound_scheme", "Only http and https URLs are called; give one of these.")
    if "@" in parts.netloc:
        raise OutboundRefused(
            "outbound_userinfo", "The URL carries a user name or password; give credentials apart from it."
        )
    scheme: Literal["http", "https"] = "http" if parts.scheme == "http" else "https"
    host = _host_of(parts.netloc)
    if port == 0:
        raise OutboundRefused("outbound_port", f"{host} is not called on port 0.")
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port in (None, DEFAULT_PORTS[scheme]) else f"{shown}:{port}"
    tail = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, host, port or DEFAULT_PORTS[scheme], f"{scheme}://{authority}{tail}")


def _host_of(netloc: str) -> str:
    """`urlsplit().hostname` drops brackets, which would let `::1` and `[::1` pass for each other."""
    head, colon, last = netloc.rpartition(":")
    text = head if colon and (last.isdigit() or not last) and not netloc.endswith("]") else netloc
    try:
        return read_host(text)
    except ValueError as error:
        message = f"The host of the URL {error}; give a plain name or address."
        raise OutboundRefused("outbound_host", message) from error
