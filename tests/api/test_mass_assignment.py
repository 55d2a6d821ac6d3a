"""A body changes what is documented and nothing else, whatever stands in it; a new operation must be listed.

Every column of the rows behind a body is sent by its name, and every key that only answers carry: the former are
refused by name, the latter are accepted and mean nothing.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from django.db.models import Model
from msgspec import Struct

from sigillo.api.v1.routes import ROUTES
from sigillo.credentials.models import Token
from sigillo.delivery.models import Delivery
from sigillo.identities.models import Enrollment, Identity, OneTimePassword
from sigillo.organizations.models import Group, Membership, Organization, User
from sigillo.transactions.models import Document, Revision, Signature, Transaction
from tests.api.calling import Answer, assert_refused, send
from tests.api.structs import ignored_keys, struct_at
from tests.api.writable import CASES, FOREIGN, HOSTILE, INTRUDER, Key
from tests.support.world import House

MODELS: tuple[type[Model], ...] = (
    *(Organization, User, Group, Membership, Token, Identity, Enrollment, OneTimePassword),
    *(Transaction, Document, Signature, Revision, Delivery),
)
READING = {(route.method, route.path): route for route in ROUTES if route.body}
EVERY = pytest.mark.parametrize("key", sorted(CASES), ids=" ".join)
TRACES = re.compile(f"{INTRUDER}|{FOREIGN}|{'deadbeef' * 4}|" + r"\(1999, 12, 31")
"""What must be in no row afterwards."""


def test_every_operation_that_reads_a_body_is_listed() -> None:
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
    path = case.path.format(case.scene(acme))
    before = _rows()
    assert _send(acme, key, path, case.body).status == 201
    plain = _rows()
    answer = _send(acme, key, path, _hostile(key, {**case.body, **case.again}))
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
