"""A wire between a client and a server on loopback, with somebody listening in who may change and cut."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit

Direction = Literal["up", "down"]
Listener = Callable[[Direction, bytes], bytes | None]
"""Gets every piece that passes; what it gives passes on, and None cuts the connection."""


@contextmanager
def wire(address: str, listener: Listener) -> Iterator[str]:
    """The address of the wire's near end while the block runs; the far end is at `address`."""
    there = urlsplit(address)
    assert there.port
    with socket.create_server(("127.0.0.1", 0)) as near:
        Thread(target=_accept, args=(near, there.port, listener), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{near.getsockname()[1]}"
        finally:
            near.shutdown(socket.SHUT_RDWR)


def _accept(near: socket.socket, port: int, listener: Listener) -> None:
    with suppress(OSError):  # the block has ended
        while True:
            client = near.accept()[0]
            try:
                server = socket.create_connection(("127.0.0.1", port))
            except OSError:  # nobody is there: the client is told in the way of the network
                client.close()
                continue
            for direction, source, target in (("up", client, server), ("down", server, client)):
                Thread(target=_pass, args=(direction, source, target, listener), daemon=True).start()


def _pass(direction: Direction, source: socket.socket, target: socket.socket, listener: Listener) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            passed = listener(direction, piece)
            if passed is None:
                break
            target.sendall(passed)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
