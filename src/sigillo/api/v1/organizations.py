"""An organization and its settings."""

from sigillo.api.bodies.organizations import OrganizationBody
from sigillo.api.shapes.organizations import OrganizationShape, organization_shape
from sigillo.api.v1.door import Route
from sigillo.credentials.permissions import Verb
from sigillo.flows.organization import edit_organization, read_organization
from sigillo.organizations.principal import Principal


def read(principal: Principal) -> OrganizationShape:
    """Read the organization and its settings."""
    return organization_shape(read_organization(principal))


def edit(principal: Principal, body: OrganizationBody) -> OrganizationShape:
    """Change the organization's name, logo or settings; its slug never changes."""
    return organization_shape(edit_organization(principal, body.to_changes()))


ROUTES = (
    Route("GET", "organizations/<str:organization>", Verb.READ_ORGANIZATION, read, OrganizationShape),
    Route(
        *("PATCH", "organizations/<str:organization>", Verb.EDIT_ORGANIZATION, edit, OrganizationShape),
        body=OrganizationBody,
    ),
)
