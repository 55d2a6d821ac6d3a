"""The provider that is always there: certificates of the embedded authority, keys sealed in the database.

In the sandbox it stands in for every provider of the contract, so that a client runs with nothing bought.
"""

from sigillo.identities import authority
from sigillo.identities.authority import Issued
from sigillo.organizations.models import User
from sigillo.pki.certificates import Subject

MAX_ORGANIZATION = 64  # ub-organization-name; a longer name is shortened rather than refused


def issue_for(user: User) -> Issued:
    """A certificate in the user's own name, under the organization's."""
    return authority.issue(
        Subject(
            common_name=user.full_name,
            given_name=user.first_name,
            surname=user.last_name,
            organization=user.organization.name[:MAX_ORGANIZATION],
            email=user.email if user.email.isascii() else "",  # RFC 5280 §4.2.1.6: an rfc822Name is ASCII
        )
    )
