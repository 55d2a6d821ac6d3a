"""Users are found in the principal's own organization, and an address names no other."""

import pytest

from sigillo.base.errors import NotFound
from sigillo.organizations.access import access_user, get_users, is_of_organization
from tests.support.world import House


def test_a_handle_means_the_user_of_ones_own_house(acme: House, bravo: House) -> None:
    for house, other in ((acme, bravo), (bravo, acme)):
        principal = house.owner.principal
        assert access_user(principal, "robot") == house.automatic.user
        assert get_users(principal, {"robot", "only-acme", "only-bravo"}) == {
            "robot": house.automatic.user,
            house.only.user.handle: house.only.user,
        }
        with pytest.raises(NotFound, match=other.only.user.handle):
            access_user(principal, other.only.user.handle)


def test_an_address_names_ones_own_house_by_slug_or_uuid(acme: House, bravo: House) -> None:
    principal = acme.owner.principal
    assert is_of_organization("acme", principal)
    assert is_of_organization(str(acme.organization.id), principal)
    for reference in ("bravo", str(bravo.organization.id), "ACME", "", "acme\n", str(acme.owner.user.id)):
        assert not is_of_organization(reference, principal)
