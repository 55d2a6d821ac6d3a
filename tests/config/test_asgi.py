"""The entry for ASGI servers: alive whatever the threads do, and the same answer as the view's."""

import asyncio

import pytest
from django.test import Client

from sigillo.config.asgi import AliveWhileBusy, application
from sigillo.config.bodies import Message, Receive, Send


def _ask(inside: object, method: str, path: str, *headers: tuple[bytes, bytes]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": list(headers),
    }
    asyncio.run(inside(scope, receive, send))  # type: ignore[operator]
    return sent


async def _busy(_scope: Message, _receive: Receive, _send: Send) -> None:
    raise TimeoutError("every thread is at work")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_busy_server_is_alive(method: str) -> None:
    start, body = _ask(AliveWhileBusy(_busy), method, "/healthz", (b"x-request-id", b"me-7"))
    view = Client().generic(method, "/healthz", headers={"X-Request-Id": "me-7"})
    expected = {name.lower(): value for name, value in view.items()}
    assert start["status"] == view.status_code == 200
    assert {name.decode(): value.decode() for name, value in start["headers"]} == expected
    assert body["body"] == b'{"status":"ok"}'


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/healthz", []),
        ("GET", "/readyz", []),
        ("GET", "/healthz/", []),
        ("GET", "/healthz", [(b"content-length", b"5")]),
    ],
)
def test_all_else_has_to_wait(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(TimeoutError):
        _ask(AliveWhileBusy(_busy), method, path, *headers)


def test_the_whole_application_answers(db: None) -> None:
    start, *body = _ask(application, "GET", "/api/v1/acme/signature-transactions")
    assert start["status"] == 401
    assert b"no_credential" in b"".join(message["body"] for message in body)
