"""The application for an ASGI server: Django as WSGI in a pool of threads, behind the limit on bodies.

The same view costs less than half under WSGI. Servers ask for a module's `application`, so it is made at import.
"""

from typing import Any, cast

from sigillo.config.wsgi import application as wsgi_application  # isort: split

from django.conf import settings  # and all that imports models, which the line above has made ready
from django.http import HttpRequest

from sigillo.api.health import healthz
from sigillo.api.middleware import RequestLog
from sigillo.config.bodies import Application, LimitedBodies, Message, Receive, Send
from sigillo.config.sending import PatientAnswers

_BODY_HEADERS = (b"content-length", b"transfer-encoding")
_alive = RequestLog(healthz)


class AliveWhileBusy:
    """Answers `/healthz` here: that all threads are at work is no sign of death."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if _asks_for_life(scope):
            await _answer_alive(scope, send)
        else:
            await self.application(scope, receive, send)


def _asks_for_life(scope: Message) -> bool:
    asked = scope["type"] == "http" and scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD")
    return asked and not any(name in _BODY_HEADERS for name, _ in scope["headers"])


async def _answer_alive(scope: Message, send: Send) -> None:
    """The answer of the view behind the same line in the log as any other."""
    request = HttpRequest()
    request.method, request.path = scope["method"], scope["path"]
    request.META = {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }
    answer = cast("Any", _alive(request))
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.items()]
    headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})


application = AliveWhileBusy(
    LimitedBodies(
        PatientAnswers(cast("Any", wsgi_application), threads=settings.SIGILLO_WEB_THREADS),
        max_bytes=settings.SIGILLO_MAX_BODY_BYTES,
    )
)
