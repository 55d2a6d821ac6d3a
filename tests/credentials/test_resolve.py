"""Who a header speaks for, and that a token is never found in the clear."""

import pytest
from django.db import connection

from sigillo.base.errors import Forbidden, Unauthenticated
from sigillo.credentials.models import Token
from sigillo.credentials.resolve import check_organization, resolve
from sigillo.organizations.models import User
from sigillo.organizations.principal import Role
from tests.support.world import House


def test_a_token_speaks_for_its_user(acme: House) -> None:
    principal = resolve(f"Token {acme.owner.token}")
    assert (principal.name, principal.roles) == ("jdo@acme", frozenset({Role.OWNER, Role.RAO}))
    assert resolve(f"token  {acme.automatic.token} ").roles == {Role.AUTOMATIC}
    assert resolve(acme.user.header).roles == {Role.USER}


@pytest.mark.parametrize("header", ["", "Token", "Token ", "Token zz", "Bearer x", "Basic x", "Token " + "0" * 32])
def test_anything_else_is_nobody(acme: House, header: str) -> None:
    with pytest.raises(Unauthenticated):
        resolve(header)


def test_upper_case_is_another_value(acme: House) -> None:
    if acme.owner.token.upper() != acme.owner.token:
        with pytest.raises(Unauthenticated):
            resolve(f"Token {acme.owner.token.upper()}")


def test_disabling_a_user_stops_the_token_at_once(acme: House) -> None:
    assert resolve(acme.owner.header)
    User.objects.filter(id=acme.owner.user.id).update(status=User.Status.DISABLED)
    with pytest.raises(Unauthenticated):
        resolve(acme.owner.header)
    with pytest.raises(Unauthenticated):
        resolve(acme.disabled.header)


def test_deleting_a_token_stops_it_at_once(acme: House) -> None:
    assert resolve(acme.owner.header)
    Token.objects.filter(user=acme.owner.user).delete()
    with pytest.raises(Unauthenticated):
        resolve(acme.owner.header)


def test_looking_up_costs_one_query(acme: House, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]  # the fixture has no public type
        resolve(acme.owner.header)


def test_no_row_holds_a_value_in_the_clear(acme: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM credentials_token")
        cells = [cell for row in cursor.fetchall() for cell in row]
    texts = [str(bytes(cell) if isinstance(cell, memoryview) else cell) for cell in cells]
    assert texts
    assert not [text for text in texts if acme.owner.token in text]


def test_the_organization_in_the_address_is_the_callers_own(acme: House, bravo: House) -> None:
    principal = acme.owner.principal
    check_organization(principal, "acme")
    check_organization(principal, str(acme.organization.id))
    said = set()
    for reference in ("bravo", str(bravo.organization.id), "nobody", "ACME", ""):
        with pytest.raises(Forbidden) as refused:
            check_organization(principal, reference)
        said.add(refused.value.message)
    assert len(said) == 1
