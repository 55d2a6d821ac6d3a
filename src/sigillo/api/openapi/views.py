"""What is served of the description: the document in two notations, and the page with its style sheet.

Nobody needs a credential for them: they tell nothing of what this installation holds.
"""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from sigillo.api.openapi.document import document
from sigillo.api.openapi.page import page_of
from sigillo.api.openapi.writing import to_yaml
from sigillo.api.problems import method_not_allowed
from sigillo.installation import public_url

STYLE = Path(__file__).parents[1] / "templates" / "docs" / "docs.css"
FIVE_MINUTES, YEAR = 300, 31_536_000
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The page has no script, no picture and no form, and is shown in no frame."""


def as_yaml(request: HttpRequest) -> HttpResponse:
    """The document in YAML (RFC 9512)."""
    return _answer(request, _yaml, "application/yaml")


def as_json(request: HttpRequest) -> HttpResponse:
    """The document in JSON."""
    return _answer(request, _json, "application/json")


def page(request: HttpRequest) -> HttpResponse:
    """The document as a page for people."""
    return _answer(request, _page, "text/html; charset=utf-8")


def style(request: HttpRequest) -> HttpResponse:
    """The page's style sheet; its address changes with its content."""
    return _answer(request, _style, "text/css; charset=utf-8", max_age=YEAR)


def _answer(
    request: HttpRequest, content: Callable[[], bytes], media_type: str, max_age: int = FIVE_MINUTES
) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return method_not_allowed(("GET", "HEAD"))
    headers = {
        "Cache-Control": f"public, max-age={max_age}",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content(), content_type=media_type, headers=headers)


@cache
def _yaml() -> bytes:
    return to_yaml(document(public_url())).encode()


@cache
def _json() -> bytes:
    return msgspec.json.encode(document(public_url()))


@cache
def _page() -> bytes:
    context = {
        "page": page_of(document(public_url())),
        "style": f"docs.css?v={sha256(_style()).hexdigest()[:12]}",
    }
    return render_to_string("docs/page.html", context).encode()


@cache
def _style() -> bytes:
    return STYLE.read_bytes()
