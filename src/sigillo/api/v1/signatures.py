"""The signatures of transactions."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import found
from sigillo.api.bodies.signatures import PerformBody
from sigillo.api.reading import read_body
from sigillo.api.shapes.masks import MASK
from sigillo.api.values import read_identifier
from sigillo.flows.perform import perform_automatic
from sigillo.organizations.principal import Principal


def perform(request: HttpRequest, principal: Principal, signature: str) -> HttpResponse:
    """Make the signature of an automatic signer; the echo hides the password."""
    body = read_body(request, PerformBody)
    perform_automatic(principal, read_identifier("signature", signature), body.password)
    return found({"password": MASK})
