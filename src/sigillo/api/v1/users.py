"""The people and programs of an organization."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import created
from sigillo.api.bodies.users import UserBody
from sigillo.api.reading import read_body
from sigillo.api.shapes.users import user_shape
from sigillo.flows.create_user import create_user
from sigillo.organizations.principal import Principal


def create(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Add a user."""
    user = create_user(principal, read_body(request, UserBody).to_new())
    return created(user_shape(user, wallet=()))
