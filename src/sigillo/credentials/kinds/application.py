"""Application tokens: the header `Authorization: Token <value>` of the contract."""

import re

from sigillo.credentials.models import Token
from sigillo.installation import keyring
from sigillo.organizations.models import User
from sigillo.organizations.principal import CredentialKind, Principal, roles_of

LOOKUP_PURPOSE = "credentials.token"
_VALUE = re.compile(r"[0-9a-f]{32}")


def recognises(authorization: str) -> bool:
    """Whether this kind is the one that the header speaks of, right or wrong."""
    return authorization.partition(" ")[0].lower() == "token"


def read(authorization: str) -> Principal | None:
    """The principal for whom the token speaks; None when it is unknown or its user is disabled.

    One indexed read by keyed hash: the value itself is neither stored in the clear nor compared as text.
    """
    value = authorization.partition(" ")[2].strip()
    if not _VALUE.fullmatch(value):
        return None
    token = (
        Token.objects.select_related("user__organization")
        .filter(lookup__in=keyring().lookups(LOOKUP_PURPOSE, value))
        .first()
    )
    if token is None or token.user.status != User.Status.ENABLED:
        return None
    user = token.user
    return Principal(
        organization_id=user.organization_id,
        organization_slug=user.organization.slug,
        user_id=user.id,
        handle=user.handle,
        roles=roles_of(owner=user.owner, rao=user.rao, automatic=user.automatic),
        kind=CredentialKind.APPLICATION,
        credential_id=token.id,
    )
