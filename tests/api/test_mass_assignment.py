"""A body changes what is documented and nothing else, whatever stands in it; a new operation must be listed here.

Every column of the rows behind a body is sent by its name, and every key that only answers carry: the former are
refused by name, the latter are accepted and mean nothing.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Model
from msgspec import Struct

from sigillo.api.v1.routes import ROUTES
from sigillo.credentials.models import Token
from sigillo.identities.models import Identity
from sigillo.organizations.models import Group, Membership, Organization, User
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.api.bodies import wallet_body
from tests.api.calling import Answer, assert_refused, send
from tests.api.structs import ignored_keys, struct_at
from tests.flows.stories import give_identity, ready, signatures
from tests.support.client_keys import client_cert, client_key
from tests.support.world import House

Key = tuple[str, str]
MODELS: tuple[type[Model], ...] = (
    *(Organization, User, Group, Membership, Token, Identity),
    *(Transaction, Document, Signature, Revision),
)


@dataclass(frozen=True)
class Behind:
    """The row behind one place of a body, and the columns that the body changes in it.

    Of what is made anew, `own` are the columns in which two rows that were made alike may differ.
    """

    model: type[Model]
    changes: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Case:
    """An operation: where, a body with every documented field, the rows behind each place of it.

    `again` says what a second body needs so that another row can be made.
    """

    path: str
    body: Mapping[str, Any]
    places: Mapping[str, Behind]
    again: Mapping[str, Any] = field(default_factory=dict)
    scene: Callable[[House], str] = lambda _house: ""


def _token(house: House) -> str:
    return str(house.user.principal.credential_id)


def _group(house: House) -> str:
    group = Group.objects.create(organization=house.organization, name="legal", created_by="jdo@acme")
    Membership.objects.create(group=group, user=house.rao.user)
    return "legal"


def _signature(house: House) -> str:
    give_identity(house)
    return str(signatures(ready(house))[0].id)


HTTP_OPTIONS = {
    "headers": {"X-Key": "1"},
    "auth_username": "me",
    "auth_password": "s3cret",
    "auth_mode": "basic",
    "client_key": client_key(),
    "client_cert": client_cert(),
}
WEBHOOKS = {"identity": "https://host-name/identity", "dst": "https://host-name/dst"}
SETTINGS = {
    "default_rao": "rita",
    "dst_default_months": 5,
    "dst_default_days": 9,
    "signature_appearance": "https://acme.example/signature.png",
}
NAMES = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@acme.example"}
SIGNATURE = {
    "signer": "ugo",
    "signer_group": "",
    "profile": "pades-bes",
    "display_name": "Ada",
    "reason": "For approval",
    "description": "*text*",
    "declinable": False,
    "urlback": "https://acme.example/back",
    "where": {"page": 2, "position": "rect: 1, 2, 300, 400"},
    "constraints": {"certificate__subject_CN": "Ada"},
    "pades_subfilter": "ETSI.CAdES.detached",
    "signing_time": "pdf",
}
DOCUMENT = {
    "document_uri": "https://acme.example/a.pdf",
    "groups": [[SIGNATURE]],
    "display_name": "Contract",
    "document_uri_options": {"method": "GET", "headers": {"X-Key": "1"}},
}
TRANSACTION = {
    "documents": [DOCUMENT],
    "title": "Demo",
    "not_after": "2098-01-31T12:00:00Z",
    "urlback": "https://acme.example/back",
    "template_name": "Template-1",
}
ORGANIZATION_COLUMNS = {"name", "logo", "default_rao_id", *SETTINGS} - {"default_rao"}

CASES: dict[Key, Case] = {
    ("PATCH", "organizations/<str:organization>"): Case(
        "organizations/acme",
        {"name": "New", "logo": "https://acme.example/logo.png", "slug": "acme", "settings": SETTINGS, **SETTINGS},
        {"": Behind(Organization, ORGANIZATION_COLUMNS), "settings": Behind(Organization, ORGANIZATION_COLUMNS)},
    ),
    ("POST", "users"): Case(
        "acme/users",
        {"id": "new", "created_by": "rita@acme", "automatic": True, "owner": True, "rao": True, **NAMES},
        {"": Behind(User, own={"id", "handle", "created"})},
        again={"id": "newer"},
    ),
    ("PUT", "users/<str:user>"): Case(
        "acme/users/ugo",
        {"id": "ugo", "owner": False, "automatic": True, "rao": True, "status": "disabled", **NAMES},
        {"": Behind(User, {"automatic", "rao", "status", *NAMES})},
    ),
    ("POST", "users/<str:user>/wallet"): Case(
        "acme/users/robot/wallet",
        wallet_body(),
        {
            "": Behind(
                Identity,
                own={"id", "created", "certificate_pem", "not_after", "sealed_key", "password_hash"}
                | {"sealed_provider_data"},
            )
        },
    ),
    ("POST", "tokens"): Case(
        "acme/tokens",
        {"user": "ugo", "label": "batch", "webhooks": WEBHOOKS, "http_options": HTTP_OPTIONS},
        {
            "": Behind(Token, own={"id", "created", "lookup", "sealed_value", "sealed_http_options"}),
            "webhooks": Behind(Token),
            "http_options": Behind(Token),
        },
    ),
    ("PUT", "tokens/<str:token>"): Case(
        "acme/tokens/{}",
        {"label": "batch", "webhooks": WEBHOOKS, "http_options": HTTP_OPTIONS},
        {
            "": Behind(Token, {"label", "webhooks", "sealed_http_options"}),
            "webhooks": Behind(Token),
            "http_options": Behind(Token),
        },
        scene=_token,
    ),
    ("POST", "groups"): Case(
        "acme/groups",
        {"name": "new", "members": ["ugo"]},
        {"": Behind(Group, own={"id", "name", "created"})},
        again={"name": "newer"},
    ),
    ("PUT", "groups/<str:group>"): Case(
        "acme/groups/{}", {"name": "new", "members": ["rita"]}, {"": Behind(Group, {"name"})}, scene=_group
    ),
    ("POST", "signature-transactions"): Case(
        "acme/signature-transactions",
        TRANSACTION,
        {
            "": Behind(Transaction, own={"id", "created"}),
            "documents.0": Behind(Document, own={"id", "transaction_id", "sealed_source", "next_attempt_at"}),
            "documents.0.document_uri_options": Behind(Document),
            "documents.0.groups.0.0": Behind(Signature, own={"id", "transaction_id", "document_id", "ticket"}),
            "documents.0.groups.0.0.where": Behind(Signature),
        },
    ),
    ("POST", "signatures/<str:signature>/perform"): Case(
        "acme/signatures/{}/perform", {"password": "wrong"}, {"": Behind(Signature)}, scene=_signature
    ),
}
READING = {(route.method, route.path): route for route in ROUTES if route.body}
EVERY = pytest.mark.parametrize("key", sorted(CASES), ids=" ".join)
INTRUDER, FOREIGN, LONG_AGO = "intruder", "0c1d2e3f-0000-4000-8000-0000deadbeef", "1999-12-31T23:59:59Z"
HOSTILE: dict[str, object] = {
    "id": FOREIGN,
    "value": "deadbeef" * 4,
    "status": "performed",
    "user": "only-intruder",
    "created_by": "intruder@acme",
    "created": LONG_AGO,
    "not_after": LONG_AGO,
    "automatic": True,
    "has_been_imported": True,
    "warnings": [INTRUDER],
    "wallet": [{"id": FOREIGN}],
    "actions": {"sign": "https://intruder.example/"},
}
"""Values for keys that only answers carry."""
TRACES = re.compile(f"{INTRUDER}|{FOREIGN}|{'deadbeef' * 4}|" + r"\(1999, 12, 31")
"""What must be in no row afterwards."""


def test_every_operation_that_reads_a_body_is_listed_here() -> None:
    assert set(READING) == set(CASES)


Rows = dict[tuple[type[Model], object], dict[str, object]]


def _rows() -> Rows:
    """Every row of every house, whole."""
    return {(model, row["id"]): {**row} for model in MODELS for row in model._default_manager.values()}


def _send(house: House, key: Key, path: str, body: object) -> Answer:
    return send(house.owner, key[0], f"/api/v1/{path}", body)


def _at(body: Any, place: str) -> Any:
    """The part of a body at a place."""
    for name in filter(None, place.split(".")):
        body = body[int(name) if name.isdigit() else name]
    return body


def _struct(key: Key, place: str) -> type[Struct]:
    body = READING[key].body
    assert body is not None
    return struct_at(body, place)


def _with(body: Mapping[str, Any], place: str, more: Mapping[str, object]) -> dict[str, Any]:
    """The body with more keys at a place."""
    changed = deepcopy(dict(body))
    _at(changed, place).update(more)
    return changed


def _hostile(key: Key, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with every key that only answers carry, at every place."""
    for place in CASES[key].places:
        keys = ignored_keys(_struct(key, place))
        body = _with(body, place, {name: HOSTILE.get(name, INTRUDER) for name in keys})
    return dict(body)


@EVERY
def test_a_case_sends_every_documented_field(key: Key) -> None:
    for place in CASES[key].places:
        part = _struct(key, place)
        assert set(_at(CASES[key].body, place)) == set(part.__struct_fields__) - ignored_keys(part), place


@EVERY
def test_columns_are_refused_by_name(key: Key, acme: House, bravo: House) -> None:
    case = CASES[key]
    path, before = case.path.format(case.scene(acme)), _rows()
    for place, behind in case.places.items():
        known = set(_struct(key, place).__struct_fields__)
        columns = {name for column in behind.model._meta.concrete_fields for name in (column.name, column.attname)}
        assert columns - known
        for name in sorted(columns - known):
            answer = _send(acme, key, path, _with(case.body, place, {name: HOSTILE.get(name, INTRUDER)}))
            assert_refused(answer, 400, "unknown_field", f"{name}'")
    assert _rows() == before


@pytest.mark.parametrize("key", sorted(key for key in CASES if key[0] != "POST"), ids=" ".join)
def test_an_edit_changes_what_is_documented(key: Key, acme: House, bravo: House) -> None:
    case = CASES[key]
    path, before = case.path.format(case.scene(acme)), _rows()
    answer = _send(acme, key, path, _hostile(key, case.body))
    assert answer.status == 200, answer.content
    after = _rows()
    changed = {
        (model, column)
        for (model, row_id), row in before.items()
        for column, value in row.items()
        if after[model, row_id][column] != value
    }
    (model,) = {behind.model for behind in case.places.values()}
    assert changed == {(model, column) for behind in case.places.values() for column in behind.changes}
    assert after.keys() == before.keys()
    assert not TRACES.search(str(after))


@pytest.mark.parametrize("key", sorted(key for key in CASES if READING[key].status == 201), ids=" ".join)
def test_what_is_made_is_the_same_without_and_with_what_only_answers_carry(key: Key, acme: House, bravo: House) -> None:
    case = CASES[key]
    before = _rows()
    assert _send(acme, key, case.path, case.body).status == 201
    plain = _rows()
    answer = _send(acme, key, case.path, _hostile(key, {**case.body, **case.again}))
    assert answer.status == 201, answer.content
    after = _rows()
    assert {row: after[row] for row in plain} == plain
    for behind in case.places.values():
        one, other = (_only(rows, earlier, behind.model) for rows, earlier in ((plain, before), (after, plain)))
        own = {column for place in case.places.values() if place.model is behind.model for column in place.own}
        assert {column for column, value in one.items() if other[column] != value} <= own
    assert not TRACES.search(str(after))


def _only(rows: Rows, earlier: Rows, model: type[Model]) -> dict[str, object]:
    """The one row of a model that was not there earlier."""
    (found,) = [row for key, row in rows.items() if key[0] is model and key not in earlier]
    return found
