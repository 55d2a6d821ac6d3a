"""Whether this process answers, whether it can serve, and a word of welcome."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import HEADERS, json_answer
from sigillo.flows.status import readiness

WELCOME = "Sigillo, a digital-signature service. The API is under /api/v1, its description at /api/docs.\n"


def welcome(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The root of the address, for a person who wonders what answers here."""
    return HttpResponse(WELCOME, content_type="text/plain; charset=utf-8", headers=HEADERS)


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """This process answers; nothing else is asked."""
    return json_answer({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """200 when everything that serving needs is there, else 503 with what is missing."""
    problems = readiness()
    if problems:
        return json_answer({"status": "not ready", "problems": problems}, status=503)
    return json_answer({"status": "ready"})
