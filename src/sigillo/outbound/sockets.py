"""Sockets that keep to one call's deadline and byte budget, whatever the other side does.

A per-read timeout starts anew with every byte, so a server that sends one byte a second holds a reader for
ever. Here each read gets only what is left of the whole call.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from sigillo.outbound.errors import OutboundFailed, OutboundRefused
from sigillo.outbound.policy import Address, OutboundPolicy
from sigillo.outbound.targets import named

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Resolver = Callable[[str, int], Sequence[str]]
"""From a name and a port to addresses; raises OSError when the name does not resolve."""


def system_resolver(host: str, port: int) -> list[str]:
    """What the operating system says, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Passage:
    """One call's way out: what it may reach, until when, and how many more bytes it may bring in.

    It raises OutboundRefused and OutboundFailed itself, from inside the HTTP library, which lets errors that
    are not its own pass: so the cause is named where it is known.
    """

    def __init__(self, policy: OutboundPolicy, resolver: Resolver, total_seconds: float) -> None:
        self._policy = policy
        self._resolver = resolver
        self._seconds = total_seconds
        self._deadline = monotonic() + total_seconds
        self._budget = 0
        self._over_budget = ""
        self._name = "The server"

    def expect(self, name: str, budget: int, over_budget: str) -> None:
        """From now on at most `budget` bytes come in from `name`; `over_budget` says what was too much."""
        self._name, self._budget, self._over_budget = name, budget, over_budget

    def remaining(self) -> float:
        """Seconds left; raises OutboundFailed when there are none."""
        left = self._deadline - monotonic()
        if left <= 0:
            raise self.late()
        return left

    def late(self) -> OutboundFailed:
        """The error for a call whose time is over."""
        message = f"{self._name} did not answer completely within {self._seconds:g} s."
        return OutboundFailed("outbound_timeout", message, permanent=False)

    def received(self, count: int) -> None:
        """Take `count` bytes off the budget."""
        self._budget -= count
        if self._budget < 0:
            raise OutboundFailed("outbound_too_large", f"{self._name} {self._over_budget}.", permanent=True)

    def connect(self, host: str, port: int) -> "MeteredSocket":
        """A connection to the first admitted address of `host` that answers.

        The name is looked up once, here; the address that was judged is the address that is dialled, so a
        second answer of the name server (rebinding) is never asked for.
        """
        addresses = [ip_address(text.partition("%")[0]) for text in self._resolve(host, port)]
        admitted = [address for address in addresses if self._policy.admits(host, port, address)]
        if not admitted:
            raise OutboundRefused(*self._policy.refusal(host, port, addresses))
        for left in range(len(admitted), 0, -1):
            try:
                return self._dial(host, port, admitted[-left], self.remaining() / left)
            except OSError:
                if left == 1:
                    break
        self.remaining()
        message = f"{named(host, port)} accepts no connection."
        raise OutboundFailed("outbound_unreachable", message, permanent=False)

    def _resolve(self, host: str, port: int) -> Sequence[str]:
        """The look-up has no timeout of its own, so it runs beside and is left alone when it is late."""
        answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolver(host, port))
            except OSError as error:
                answers.put(error)

        Thread(target=ask, daemon=True, name="outbound-resolver").start()
        try:
            answer = answers.get(timeout=self.remaining())
        except Empty:
            raise self.late() from None
        if isinstance(answer, OSError) or not answer:
            message = f"The name {host} does not resolve to an address."
            raise OutboundFailed("outbound_name", message, permanent=False)
        return answer

    def _dial(self, host: str, port: int, address: Address, seconds: float) -> "MeteredSocket":
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = MeteredSocket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = ip_address(str(connection.getpeername()[0]).partition("%")[0])
            if not self._policy.admits(host, port, peer):  # 0.0.0.0, for one, connects to loopback
                raise OutboundRefused(*self._policy.refusal(host, port, [peer]))
        except BaseException:
            connection.close()
            raise
        connection.passage = self
        return connection


class _Metered(socket.socket):
    """The two calls through which http.client moves every byte."""

    passage: Passage | None = None

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = 0, flags: int = 0) -> int:
        if self.passage is None:  # during the TLS handshake, which has its own total timeout
            return super().recv_into(buffer, nbytes or 0, flags)
        self.settimeout(self.passage.remaining())
        try:
            count = super().recv_into(buffer, nbytes or 0, flags)
        except TimeoutError:
            raise self.passage.late() from None
        self.passage.received(count)
        return count

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        if self.passage is not None:
            self.settimeout(self.passage.remaining())
        super().sendall(data, flags)


class MeteredSocket(_Metered):
    """For http."""


class MeteredTlsSocket(_Metered, ssl.SSLSocket):
    """For https."""
