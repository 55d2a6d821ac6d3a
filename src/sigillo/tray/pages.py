"""Answers for people: a page from a template, with headers that let nothing in and nobody watch."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.template.loader import render_to_string

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of the page is a capability
    "X-Frame-Options": "DENY",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {}"
)


def page(template: str, facts: Mapping[str, object], *, status: int = 200, forms_to: str = "'self'") -> HttpResponse:
    """The template as a page; its forms may go to this server and, where one is named, to one origin more."""
    response = HttpResponse(render_to_string(template, dict(facts)), status=status, headers=_HEADERS)
    response["Content-Security-Policy"] = _POLICY.format(forms_to)
    return response
