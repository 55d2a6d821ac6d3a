"""What every request passes: its line in the log, and the turning of errors into answers."""

import logging
import re
import time
from collections.abc import Callable
from urllib.parse import quote

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sigillo.api.problems import problem_of
from sigillo.base.ids import new_id

Answer = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("sigillo.request")
_TICKET = re.compile(r"^/[0-9a-fA-F-]{36}(?=/)")  # it opens a page without any credential
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestLog:
    """Gives each request an id, which the answer carries, and writes one line about it.

    The line has the path without its query and without the ticket of a page: a filter may hold a name, a ticket is a
    credential, and no header is ever logged.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say so in the log."""
        began = time.monotonic()
        request_id = _request_id(request.headers.get("X-Request-Id", ""))
        request.META["sigillo.request_id"] = request_id
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        facts = {
            "request_id": request_id,
            "method": request.method,
            "path": quote(_TICKET.sub("/********", request.path), safe="/*"),
            "status": response.status_code,
            "ms": round((time.monotonic() - began) * 1000, 1),
        }
        logger.info("%(method)s %(path)s %(status)s %(ms)s ms", facts, extra=facts)
        return response


class Problems:
    """Turns whatever a view raises into an answer of the contract."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; what a view raises comes by `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase:
        """Django's hook for what a view raised."""
        return problem_of(exception, request)


def _request_id(presented: str) -> str:
    """The caller's own id where it is harmless to write down, else a new one."""
    return presented if _REQUEST_ID.fullmatch(presented) else new_id().hex
