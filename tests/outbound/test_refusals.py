"""Hostile targets: each is refused, and a listener on every local address hears nothing."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event, Thread

import pytest

from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.sockets import system_resolver
from sigillo.outbound.values import Request
from tests.outbound.servers import LIMITS, LOOPBACK, fetch, nowhere, reply, serve


@dataclass
class Canary:
    """A port open on every local address of both families, and who came."""

    port: int
    visits: list[str] = field(default_factory=list)

    @property
    def policy(self) -> OutboundPolicy:
        """Its port is a web port, so that only the address can be the reason for a refusal."""
        return OutboundPolicy(ports=frozenset({self.port}))


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", 0))
    listener.listen(64)
    listener.settimeout(0.05)
    watched, over = Canary(listener.getsockname()[1]), Event()

    def watch() -> None:
        while not over.is_set():
            try:
                visitor, address = listener.accept()
            except TimeoutError:
                continue
            watched.visits.append(str(address[0]))
            visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            visitor.close()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    yield watched
    over.set()
    thread.join()
    listener.close()
    assert watched.visits == []


class Names:
    """A name server of ours: each look-up of a name takes its next answer."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(each) for name, each in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[host].pop(0) if host in self.answers else system_resolver(host, port)


@dataclass
class Redirector:
    """A server that redirects wherever it is told."""

    url: str = ""
    location: str = ""


@pytest.fixture(scope="module")
def redirector() -> Iterator[Redirector]:
    told = Redirector()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        header = told.location.replace("\n", "")  # what a header can carry, as bytes of UTF-8
        reply(302, Location=header.encode().decode("latin-1"))(handler)

    with serve(answer) as site:
        told.url = site.url(host="redirector.example")
        yield told


LOOPBACK_SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "127.1.2.3", "127.255.255.254", "2130706433",
    "017700000001", "0x7f000001", "0x7f.0.0.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1", "0177.0.0.01",
    "127.0.0.0x1", "127.000.000.001", "00000127.0.0.1", "１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①", "0",
    "0.0.0.0", "00", "0x0", "0.0", "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::1%25lo]", "[::1%lo]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::1]", "[fe80::1%25lo]", "[fec0::1]",
]  # fmt: skip
INSIDE_SPELLINGS = [
    "169.254.169.254", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "168.63.129.16", "10.0.0.1", "172.16.0.1",
    "192.168.0.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255",
    "240.0.0.1", "[fc00::1]", "[ff02::1]", "[ff05::1:3]", "[100::1]",
]  # fmt: skip
TRICKS = [
    "http://public.example:80@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@public.example/",
    "http://127.0.0.1:{port}?@public.example/", "http://public.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@public.example/", "http://public.example\\@127.0.0.1:{port}/",
    "http://[::1]:{port}@public.example/", "http://\t127.0.0.1:{port}/", "http://127.0.0.1\n:{port}/",
    "http://127.0.0.1\u0000.public.example:{port}/", "http://127.0.0.1%2epublic.example:{port}/",
    "http:127.0.0.1:{port}/", "http:/127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "//127.0.0.1:{port}/",
    "127.0.0.1:{port}/", "https://127.0.0.1:{port}/", "HTTPS://[::1]:{port}/", "file:///etc/passwd",
    "file://127.0.0.1:{port}/x", "gopher://127.0.0.1:{port}/_GET%20/", "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/info", "ldap://127.0.0.1:{port}/", "tftp://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}!/", "netdoc:///etc/passwd",
    "data:text/plain,hello", "javascript:alert(1)", "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "", " ", "http://", "http://:{port}/",
]  # fmt: skip
HOSTILE = [f"http://{host}:{{port}}/" for host in LOOPBACK_SPELLINGS + INSIDE_SPELLINGS] + TRICKS


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_target_is_refused_without_a_connection(canary: Canary, url: str) -> None:
    with pytest.raises(OutboundRefused):
        fetch(url.format(port=canary.port), canary.policy)
    assert canary.visits == []


def test_the_canary_hears_who_is_allowed(canary: Canary) -> None:
    try:
        fetch(f"http://127.0.0.1:{canary.port}/", LOOPBACK)
        fetch(f"http://[::1]:{canary.port}/", LOOPBACK)
        fetch(f"http://localhost:{canary.port}/", OutboundPolicy(allow=("localhost",)))
        assert len(canary.visits) == 3
    finally:
        canary.visits.clear()


@pytest.mark.parametrize("url", HOSTILE)
def test_a_redirect_to_a_hostile_target_is_refused(canary: Canary, url: str, redirector: Redirector) -> None:
    redirector.location = url.format(port=canary.port)
    policy = OutboundPolicy(allow=("redirector.example",), ports=frozenset({canary.port}))
    outbound = Outbound(policy, Names(redirector_example=[["127.0.0.1"]] * 9))
    with pytest.raises((OutboundRefused, OutboundFailed)) as caught:
        outbound.fetch(Request(redirector.url), LIMITS, nowhere)
    assert caught.value.permanent
    assert canary.visits == []


INSIDE = [
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "fe80::1%lo",
]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_points_inside_is_refused(canary: Canary, address: str) -> None:
    outbound = Outbound(canary.policy, Names(files_example=[[address]]))
    with pytest.raises(OutboundRefused) as caught:
        outbound.fetch(Request(f"http://files.example:{canary.port}/"), LIMITS, nowhere)
    assert caught.value.code == "outbound_address"
    assert address not in caught.value.message, "the message would map the inside"
    assert canary.visits == []


def test_a_name_that_changes_its_answer_is_judged_by_each_answer() -> None:
    """Rebinding: one look-up a connection, and the address that was judged is the one that is dialled."""
    names = Names(rebind_example=[["127.0.0.3"], ["127.0.0.1"]])
    with serve(reply(302, Location="/again"), host="127.0.0.3") as site:
        outbound = Outbound(OutboundPolicy(allow=("127.0.0.3",)), names)
        with pytest.raises(OutboundRefused) as caught:
            outbound.fetch(Request(site.url(host="rebind.example")), LIMITS, nowhere)
        assert [seen.path for seen in site.seen] == ["/"]
    assert caught.value.code == "outbound_address"
    assert names.asked == ["rebind.example", "rebind.example"]


def test_the_address_that_was_reached_is_judged_and_not_only_the_one_that_was_dialled() -> None:
    """0.0.0.0 connects to loopback: the operator opened the one and not the other."""
    with serve(reply(200, b"inside")) as site:
        with pytest.raises(OutboundRefused) as caught:
            fetch(site.url(host="0.0.0.0"), OutboundPolicy(allow=("0.0.0.0",)))
        assert site.seen == []
    assert caught.value.code == "outbound_address"


def test_of_several_addresses_only_the_admitted_are_dialled(canary: Canary) -> None:
    names = Names(mixed_example=[["::1", "127.0.0.2"]])
    with serve(reply(200, b"here")) as site:
        policy = OutboundPolicy(allow=("127.0.0.1",))
        body = bytearray()
        both = Names(mixed_example=[["::1", "127.0.0.1"]])
        Outbound(policy, both).fetch(Request(site.url(host="mixed.example")), LIMITS, body.extend)
        assert body == b"here"
    with pytest.raises(OutboundRefused):
        Outbound(policy, names).fetch(Request(f"http://mixed.example:{canary.port}/"), LIMITS, nowhere)
    assert canary.visits == []


@pytest.mark.parametrize("port", [22, 25, 110, 3306, 6379, 11211, 65535])
def test_other_services_of_public_hosts_are_not_spoken_to(port: int) -> None:
    names = Names(public_example=[["93.184.216.34"]])
    with pytest.raises(OutboundRefused) as caught:
        Outbound(OutboundPolicy(), names).fetch(Request(f"http://public.example:{port}/"), LIMITS, nowhere)
    assert caught.value.code == "outbound_port"
    assert "SIGILLO_OUTBOUND_ALLOW" in caught.value.message
