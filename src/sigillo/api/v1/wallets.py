"""The identities of a user."""

from django.http import HttpRequest, HttpResponse

from sigillo.api.answers import created
from sigillo.api.bodies.identities import IdentityBody
from sigillo.api.reading import read_body
from sigillo.api.shapes.identities import identity_shape
from sigillo.api.values import read_handle
from sigillo.flows.associate_identity import associate_identity, provider_data_of
from sigillo.organizations.principal import Principal


def associate(request: HttpRequest, principal: Principal, user: str) -> HttpResponse:
    """Associate an identity that the user holds at a provider."""
    identity = associate_identity(principal, read_handle(user), read_body(request, IdentityBody).to_new())
    return created(identity_shape(identity, provider_data_of(identity)))
