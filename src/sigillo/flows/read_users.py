"""Looking at the people and programs of an organization, and at their wallets."""

from sigillo.base.errors import NotFound
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.identities.access import wallet_of, with_wallets
from sigillo.identities.models import Identity
from sigillo.organizations.access import visible_users
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.models import User
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, total

OLDEST_FIRST = ("created", "id")


def list_users(principal: Principal, listing: Listing) -> Listed[User]:
    """A page of the users that the principal may see, each with its wallet.

    Raises:
        NotFound: the page is past the end.
    """
    own_only = check_permission(principal, Verb.READ_USER) is Scope.OWN
    rows = with_wallets(visible_users(principal, own_only=own_only))
    everybody = None if own_only else lambda: total(principal.organization_id, Counted.USERS)
    return take_page(rows, listing, order=OLDEST_FIRST, count=everybody)


def read_user(principal: Principal, handle: str) -> User:
    """One user with its wallet.

    Raises:
        NotFound: there is none of this id for this principal.
    """
    own_only = check_permission(principal, Verb.READ_USER) is Scope.OWN
    return find_user(principal, handle, own_only=own_only)


def find_user(principal: Principal, handle: str, *, own_only: bool) -> User:
    """A user with its wallet, among those that the principal may see. Raises NotFound."""
    user = with_wallets(visible_users(principal, own_only=own_only)).filter(handle=handle).first()
    if user is None:
        raise NotFound("user_not_found", f"There is no user {handle!r} in this organization; check its id.")
    return user


def list_wallet(principal: Principal, handle: str, listing: Listing) -> Listed[Identity]:
    """A page of a user's identities, newest first.

    Raises:
        NotFound: there is no such user for this principal, or the page is past the end.
    """
    own_only = check_permission(principal, Verb.READ_IDENTITY) is Scope.OWN
    user = find_user(principal, handle, own_only=own_only)
    return take_page(wallet_of(user), listing, order=("-created", "id"))
