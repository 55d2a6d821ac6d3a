"""Application tokens."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import created
from sigillo.api.bodies.tokens import TokenBody
from sigillo.api.reading import read_body
from sigillo.api.shapes.tokens import token_shape
from sigillo.flows.create_token import create_token
from sigillo.organizations.principal import Principal


def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Issue a token."""
    return created(token_shape(create_token(principal, read_body(request, TokenBody).to_new())))
