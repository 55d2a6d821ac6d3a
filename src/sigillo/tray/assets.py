"""The files that pages need, served from the package itself."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse

_FOLDER = Path(__file__).parent / "assets"


@cache
def _style() -> bytes:
    return (_FOLDER / "pages.css").read_bytes()


def style(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The style sheet of all pages."""
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(_style(), content_type="text/css; charset=utf-8", headers=headers)
