"""Which addresses may be called: the public internet, and what the operator opened by name."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from AntiSSRF import IPAddressRanges

from sigillo.base.errors import Invalid
from sigillo.outbound.targets import named, read_host

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SETTING = "SIGILLO_OUTBOUND_ALLOW"
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports where the web listens. A mail server or a cache elsewhere is not spoken to in its own protocol."""

# `is_global` is true for each of these: they carry an IPv4 address inside, or are no longer anybody's.
_OWN_DENIED = ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10",
               "224.0.0.0/4", "ff00::/8", "255.255.255.255/32")  # fmt: skip
_GLOBAL_UNICAST = "2000::/3"  # all that IANA has handed out of IPv6 (RFC 4291, 2.4)


@dataclass(frozen=True)
class OutboundPolicy:
    """The rule for a connection. `allow` holds hosts, addresses and CIDRs; an entry opens every port of it.

    A host entry trusts whatever that name resolves to. `authorities` are PEM certificates trusted beside the
    system's, for servers whose certificate comes from the operator's own authority.
    """

    allow: tuple[str, ...] = ()
    ports: frozenset[int] = PUBLIC_PORTS
    authorities: str = ""

    @cached_property
    def _opened(self) -> tuple[frozenset[str], tuple[Network, ...]]:
        entries = [_read_entry(entry) for entry in self.allow]
        hosts = frozenset(entry for entry in entries if isinstance(entry, str))
        return hosts, tuple(entry for entry in entries if not isinstance(entry, str))

    def admits(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to `address`, made for the name `host`, is allowed on `port`."""
        peer = _plain(address)
        hosts, networks = self._opened
        if host in hosts or any(peer in network for network in networks):
            return True
        return port in self.ports and is_public(peer)

    def refusal(self, host: str, port: int, addresses: Iterable[Address]) -> tuple[str, str]:
        """Code and sentence for a target none of whose addresses is admitted; no address is revealed."""
        if any(is_public(_plain(address)) for address in addresses):
            ports = ", ".join(str(port) for port in sorted(self.ports))
            return "outbound_port", (
                f"Port {port} of {host} is not called: use one of {ports}, or let the operator add {host} to {SETTING}."
            )
        return "outbound_address", (
            f"{named(host, port)} is a private or reserved address: "
            f"use a public one, or let the operator add it to {SETTING}."
        )


def parse_allow(text: str) -> tuple[str, ...]:
    """Read SIGILLO_OUTBOUND_ALLOW, a comma list; raises Invalid that names a malformed entry."""
    entries = tuple(entry.strip() for entry in text.split(",") if entry.strip())
    return tuple(str(_read_entry(entry)) for entry in entries)


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, by IANA's registries and not by `is_global` alone."""
    if isinstance(address, IPv6Address) and address not in ip_network(_GLOBAL_UNICAST):
        return False
    return address.is_global and not any(address in network for network in _denied())


@cache
def _denied() -> tuple[Network, ...]:
    """AntiSSRF's published ranges and ours."""
    return tuple(ip_network(text) for text in (*IPAddressRanges.recommended_latest, *_OWN_DENIED))


def _plain(address: Address) -> Address:
    """An IPv4 peer seen through an IPv6 socket (RFC 4291, 2.5.5.2) is that IPv4 peer."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _read_entry(entry: str) -> str | Network:
    def malformed(reason: str) -> Invalid:
        return Invalid("outbound_allow", f"{SETTING}: the entry {entry!r} {reason}.")

    if "://" in entry or "@" in entry:
        raise malformed("is a URL: give only its host")
    if "*" in entry:
        raise malformed("has a wildcard: name each host, or give a CIDR")
    if "%" in entry:
        raise malformed("has a zone id: leave it out")
    bare = entry.removeprefix("[").removesuffix("]")
    if "/" in entry or _is_address(bare):
        try:
            return ip_network(bare if "/" not in entry else entry)
        except ValueError as error:
            raise malformed(f"is not a network ({error}): write it like 10.0.0.0/8 or fd00::/8") from error
    if ":" in entry:
        raise malformed("has a port: leave it out, an entry opens every port of its host")
    try:
        return read_host(entry)
    except ValueError as error:
        raise malformed(f"{error}: give a host name, an address or a CIDR") from error


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
