"""Where to listen: `HOST:PORT`, and the socket that does."""

import argparse
import errno
import socket
from dataclasses import dataclass

from sigillo.cli.refusals import Refused
from sigillo.config.environment import DEFAULT_BIND

BACKLOG = 1024
_EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised here, not bound to


@dataclass(frozen=True, slots=True)
class Bind:
    """A host and a port to listen on; port 0 takes a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address at which this machine itself reaches it: where it listens on all, its loopback."""
        return f"http://{Bind(_EVERY.get(self.host, self.host), self.port)}"


def parse_bind(text: str) -> Bind:
    """Read `HOST:PORT` or `[IPv6]:PORT`; the type of argparse's argument."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT; write it like {DEFAULT_BIND}.")
    if ":" in host and not text.startswith("["):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT; put an IPv6 address in brackets: [::1]:8000.")
    return Bind(host, int(port))


def add_bind(parser: argparse.ArgumentParser) -> None:
    """The `--bind` of every command that listens."""
    parser.add_argument(
        "--bind",
        type=parse_bind,
        default=parse_bind(DEFAULT_BIND),
        metavar="HOST:PORT",
        help=f"where to listen (default {DEFAULT_BIND}; port 0 takes a free one)",
    )


def listen(bind: Bind) -> socket.socket:
    """A listening socket. Raises Refused with the reason in words."""
    try:
        family = socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((bind.host, bind.port), family=family, backlog=BACKLOG)
    except socket.gaierror:
        raise Refused(f"{bind.host} is not a host of this machine; give one with --bind, such as 127.0.0.1.") from None
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: "is in use by another program; stop that one, or choose another address with --bind.",
            errno.EACCES: "is not ours to take; ports below 1024 are the system's: choose another with --bind.",
            errno.EADDRNOTAVAIL: "is not an address of this machine; choose another with --bind.",
        }
        remedy = reasons.get(error.errno or 0, f"cannot be listened on ({error.strerror}); choose another with --bind.")
        raise Refused(f"{bind} {remedy}") from None


def bound(listener: socket.socket, asked: Bind) -> Bind:
    """Where a socket really listens, once the system has chosen a port."""
    return Bind(asked.host, int(listener.getsockname()[1]))
