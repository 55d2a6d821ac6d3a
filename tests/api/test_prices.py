"""What a page costs does not grow with what is on it: no query a row."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.groups import create_group
from tests.api.calling import get
from tests.flows.stories import give_identity
from tests.support.world import House


def _group(house: House) -> object:
    name = f"group-{len(get(house.owner, '/api/v1/acme/groups').data)}"
    return create_group(house.owner.principal, name, ["ugo", "rita", "jdo"])


def _token(house: House) -> object:
    return create_token(house.owner.principal, NewToken(user="robot", http_options={"auth_username": "me"}))


@pytest.mark.parametrize(
    ("path", "one_more"),
    [
        ("users", give_identity),
        ("users/robot", give_identity),
        ("users/robot/wallet", give_identity),
        ("tokens", _token),
        ("users/robot/tokens", _token),
        ("groups", _group),
    ],
)
def test_a_page_costs_the_same_whatever_is_on_it(path: str, one_more: Callable[[House], object], acme: House) -> None:
    def price() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert get(acme.owner, f"/api/v1/acme/{path}").status == 200
        return len(queries)

    one_more(acme)
    few = price()
    for _ in range(4):
        one_more(acme)
    assert price() == few
    assert few <= 7
