"""Client libraries send back whole objects as they got them: that is accepted, changes no row, and is not journaled."""

import pytest

from sigillo.api.v1.door import Route
from sigillo.api.v1.routes import ROUTES
from sigillo.credentials.models import Token
from sigillo.journal.models import Event
from sigillo.organizations.models import Group, Membership, Organization, User
from tests.api.calling import get, post, send
from tests.api.structs import lost_keys, structs_of
from tests.flows.stories import give_identity
from tests.support.client_keys import client_cert, client_key
from tests.support.world import House


@pytest.fixture
def furnished(acme: House) -> House:
    """A house in which every field has a value."""
    give_identity(acme)
    organization = {
        "default_rao": "rita",
        "dst_default_months": 5,
        "dst_default_days": 7,
        "signature_appearance": "https://acme.example/signature.png",
        "logo": "https://acme.example/logo.png",
    }
    assert send(acme.owner, "PATCH", "/api/v1/organizations/acme", organization).status == 200
    token = {
        "user": "ugo",
        "label": "batch",
        "webhooks": {"identity": "https://host-name/identity", "dst": "https://host-name/dst"},
        "http_options": {
            "headers": {"Content-Type": "application/json", "X-Key": "s3cret"},
            "auth_username": "jdo",
            "auth_password": "Bit-4-Id",
            "auth_mode": "basic",
            "client_key": client_key(),
            "client_cert": client_cert(),
        },
    }
    assert post(acme.owner, "/api/v1/acme/tokens", token).status == 201
    assert post(acme.owner, "/api/v1/acme/groups", {"name": "legal", "members": ["ugo", "rita"]}).status == 201
    assert post(acme.owner, "/api/v1/acme/groups", {"name": "empty"}).status == 201
    return acme


def rows() -> list[list[tuple[object, ...]]]:
    models = (Organization, User, Group, Membership, Token, Event)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_an_organization_goes_back_as_it_came(furnished: House) -> None:
    before, path = rows(), "/api/v1/organizations/acme"
    whole = get(furnished.owner, path).data
    for body in (whole, whole | whole["settings"], whole | dict.fromkeys(whole["settings"])):
        assert send(furnished.owner, "PATCH", path, body).data == whole
    assert rows() == before


@pytest.mark.parametrize(("resource", "key"), [("users", "id"), ("tokens", "id"), ("groups", "name")])
def test_everything_of_a_list_goes_back_as_it_came(resource: str, key: str, furnished: House) -> None:
    before, path = rows(), f"/api/v1/acme/{resource}"
    items = get(furnished.owner, path).data
    assert len(items) >= 2
    for item in items:
        assert send(furnished.owner, "PUT", f"{path}/{item[key]}", item).data == item
    assert rows() == before


def test_a_user_sends_itself_back(furnished: House) -> None:
    before = rows()
    for resource in ("users/ugo", f"tokens/{furnished.user.principal.credential_id}"):
        whole = get(furnished.user, f"/api/v1/acme/{resource}").data
        assert send(furnished.user, "PUT", f"/api/v1/acme/{resource}", whole).data == whole
    assert rows() == before


MODELS = [
    route
    for route in ROUTES
    if route.body and (route.status == 201 or route.method in ("PUT", "PATCH")) and not route.path.endswith("/test")
]
"""Operations whose body is the object itself, which is what client libraries send whole."""


@pytest.mark.parametrize("route", MODELS, ids=lambda route: f"{route.method} {route.path}")
def test_every_key_of_an_answer_is_known_where_it_is_sent_back(route: Route) -> None:
    assert route.body is not None
    assert [lost for shape in structs_of(route.answer) for lost in lost_keys(shape, route.body)] == []
