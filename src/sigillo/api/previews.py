"""`/pdfr/{transaction}/{document}/{page}.png?w=&h=`: pages as pictures, at the addresses that transactions name."""

import re

from django.http import HttpRequest, HttpResponse

from sigillo.api.problems import method_not_allowed
from sigillo.api.values import read_identifier
from sigillo.base.errors import Invalid
from sigillo.credentials.resolve import resolve
from sigillo.documents.previews import DEFAULT_WIDTH, MAX_SIDE, Size
from sigillo.flows.preview_page import preview_page

_PIXELS = re.compile("[0-9]{1,5}")


def page(request: HttpRequest, transaction: str, document: int, number: int) -> HttpResponse:
    """One page as PNG. Of `w` and `h`, pixels, the width wins; an empty one means absent."""
    if request.method not in ("GET", "HEAD"):
        return method_not_allowed(("GET",))
    principal = resolve(request.headers.get("Authorization", ""))
    width, height = (_pixels(name, request.GET.get(name, "")) for name in ("w", "h"))
    size = Size(width=width) if width else Size(width=None, height=height) if height else Size(width=DEFAULT_WIDTH)
    shown = preview_page(principal, read_identifier("signature transaction", transaction), document, number, size)
    headers = {
        "ETag": f'"{shown.tag}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(shown.picture, content_type="image/png", headers=headers)


def _pixels(name: str, text: str) -> int | None:
    if not text:
        return None
    if not _PIXELS.fullmatch(text) or not 1 <= int(text) <= MAX_SIDE:
        raise Invalid("invalid_size", f"{name} must be a whole number of pixels from 1 to {MAX_SIDE}.")
    return int(text)
