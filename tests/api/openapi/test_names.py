"""Operations are called by what their views do and where their paths lead."""

from collections.abc import Callable

import pytest
from msgspec import Struct

from sigillo.api.openapi.names import details_of, operation_id, path_of, summary_of, tag_description, tag_of
from sigillo.api.v1 import signature_transactions, users
from sigillo.api.v1.door import Items, Route
from sigillo.credentials.permissions import Verb


def _view(name: str, docstring: str = "Do it.") -> Callable[..., Struct | Items | None]:
    def view() -> None:
        return None

    view.__name__, view.__doc__ = name, docstring
    return view


def _route(method: str, path: str, view: str, *, lists: bool = False) -> Route:
    return Route(method, path, Verb.READ_USER, _view(view), filters=(lambda _principal: {}) if lists else None)


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (_route("GET", "users", "index", lists=True), "listUsers"),
        (_route("POST", "users", "create"), "createUser"),
        (_route("PUT", "users/<str:user>", "edit"), "editUser"),
        (_route("GET", "users/<str:user>/tokens", "index_of", lists=True), "listUserTokens"),
        (_route("GET", "identities", "index", lists=True), "listIdentities"),
        (_route("GET", "users/<str:user>/events", "events", lists=True), "listUserEvents"),
        (_route("DELETE", "identities/<str:identity>", "delete"), "deleteIdentity"),
        (_route("POST", "identities/<str:identity>/appearance", "set_appearance"), "setIdentityAppearance"),
        (_route("POST", "identities/create/token", "create_from_token"), "createIdentityToken"),
        (_route("POST", "identities/<str:identity>/send-otp", "send_otp"), "sendIdentityOtp"),
        (_route("POST", "signature-transactions/<str:transaction>/cancel", "cancel"), "cancelSignatureTransaction"),
        (_route("POST", "signatures/<str:signature>/perform", "perform"), "performSignature"),
        (
            _route("POST", "signatures/<str:signature>/perform/<str:identity>", "perform_with"),
            "performSignatureIdentity",
        ),
        (_route("PUT", "groups/<str:group>/members/<str:user>", "add"), "addGroupMember"),
        (_route("POST", "enroll", "enroll"), "enroll"),
        (_route("GET", "organizations/<str:organization>", "read"), "readOrganization"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_operation_id(route: Route, name: str) -> None:
    assert operation_id(route) == name


def test_path_is_below_the_organization() -> None:
    assert path_of(_route("GET", "users/<str:user>", "read")) == "/{organization}/users/{user}"
    assert path_of(_route("GET", "organizations/<str:organization>", "read")) == "/organizations/{organization}"


def test_resource_is_the_module_of_the_view() -> None:
    assert tag_of(signature_transactions.index) == "Signature transactions"
    assert tag_description(users.index) == "The people and programs of an organization."


@pytest.mark.parametrize(
    ("docstring", "summary", "details"),
    [
        ("Do it.", "Do it", ""),
        ("Do it; the rest\n    stays.", "Do it", "The rest stays."),
        ("Do it: this, and that; and more.", "Do it", "This, and that; and more."),
        ("Do it.\n\n    Whatever\n    comes.\n\n    And goes.\n    ", "Do it", "Whatever comes.\n\nAnd goes."),
    ],
)
def test_docstring_is_a_summary_and_details(docstring: str, summary: str, details: str) -> None:
    view = _view("do", docstring)
    assert (summary_of(view), details_of(view)) == (summary, details)
