"""Credential in, principal out: an ordered list of kinds, of which the first that recognises decides."""

from collections.abc import Callable

from sigillo.base.errors import Forbidden, Unauthenticated
from sigillo.credentials.kinds import application
from sigillo.organizations.access import is_of_organization
from sigillo.organizations.principal import Principal

Recognises = Callable[[str], bool]
Reads = Callable[[str], Principal | None]

_KINDS: tuple[tuple[Recognises, Reads], ...] = ((application.recognises, application.read),)


def resolve(authorization: str) -> Principal:
    """The principal for whom the Authorization header speaks.

    Raises:
        Unauthenticated: there is no credential, or it is unknown, expired or its user disabled.
    """
    for recognises, read in _KINDS:
        if recognises(authorization):
            principal = read(authorization)
            if principal is not None:
                return principal
            raise Unauthenticated("invalid_token", "The credential is unknown, expired or disabled; use another.")
    raise Unauthenticated(
        "no_credential", "No credential was given; send the header Authorization: Token followed by its value."
    )


def check_organization(principal: Principal, reference: str) -> None:
    """Refuse an address that names another organization, alike whether or not that one exists.

    Raises:
        Forbidden: the reference (slug or uuid) is not the principal's own organization.
    """
    if not is_of_organization(reference, principal):
        raise Forbidden("foreign_organization", "This credential does not belong to that organization.")
