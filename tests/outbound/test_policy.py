"""What the operator opens is open; nothing else of the private world is."""

from ipaddress import ip_address

import pytest

from sigillo.base.errors import Invalid
from sigillo.outbound.policy import OutboundPolicy, is_public, parse_allow


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "168.63.129.16",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::7f00:1", "::a00:1", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
        "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
        "ff02::1", "4000::1",
    ],
)  # fmt: skip
def test_reserved_addresses_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))


def test_a_public_address_is_called_on_web_ports_only() -> None:
    policy = OutboundPolicy()
    public = ip_address("93.184.216.34")
    tried = (22, 25, 80, 443, 6379, 8080, 8443, 11211)
    assert [port for port in tried if policy.admits("a", port, public)] == [80, 443, 8080, 8443]


def test_an_entry_opens_every_port_of_an_address_a_network_or_a_name() -> None:
    policy = OutboundPolicy(allow=parse_allow("10.1.2.3, 192.168.0.0/16,[fd00::1] ,Files.Intranet.,::1"))
    opened = [
        "x/10.1.2.3",
        "x/192.168.7.7",
        "x/fd00::1",
        "x/::1",
        "x/::ffff:10.1.2.3",
        "files.intranet/10.9.9.9",
    ]
    closed = [
        "x/10.1.2.4",
        "x/fd00::2",
        "x/64:ff9b::a01:203",
        "other.intranet/10.9.9.9",
        "sub.files.intranet/10.9.9.9",
    ]

    def admitted(host_and_address: str) -> bool:
        host, address = host_and_address.split("/")
        return policy.admits(host, 5432, ip_address(address))

    assert [each for each in opened + closed if admitted(each)] == opened


def test_nothing_is_open_where_nothing_is_said() -> None:
    assert parse_allow("") == parse_allow(" , ") == ()
    assert not OutboundPolicy().admits("localhost", 80, ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.0.0.1/8", "'10.0.0.1/8' is not a network"),
        ("good.example,10.0.0.0/33", "'10.0.0.0/33' is not a network"),
        ("http://files.intranet", "is a URL: give only its host"),
        ("files.intranet:9000", "has a port"),
        ("[::1]:80", "has a port"),
        ("*.intranet", "has a wildcard"),
        ("127.1", "four decimal numbers"),
        ("0x7f000001", "four decimal numbers"),
        ("fe80::1%eth0", "has a zone id"),
        ("a b", "neither a host name nor an address"),
    ],
)
def test_a_malformed_entry_is_named(text: str, says: str) -> None:
    with pytest.raises(Invalid, match="SIGILLO_OUTBOUND_ALLOW") as caught:
        parse_allow(text)
    assert says in caught.value.message
    with pytest.raises(Invalid):
        OutboundPolicy(allow=tuple(text.split(","))).admits("x", 80, ip_address("1.1.1.1"))
