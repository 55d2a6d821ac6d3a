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
HERE = "'self'"
ANYWHERE = "https: http:"
"""For a form that leads out: browsers hold each redirect behind it against the list too, and those are not known."""


def page(template: str, facts: Mapping[str, object], *, status: int = 200, forms_to: str = HERE) -> HttpResponse:
    """The template as a page; its forms lead back to this server, or `ANYWHERE`."""
    response = HttpResponse(render_to_string(template, dict(facts)), status=status, headers=_HEADERS)
    response["Content-Security-Policy"] = _POLICY.format(forms_to)
    return response


def go_on(address: str) -> HttpResponse:
    """The answer to a form that was taken: the browser reads `address`, relative to where it is, with GET."""
    return HttpResponse(status=303, headers={**_HEADERS, "Location": address})
