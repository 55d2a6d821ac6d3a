"""What a schema tells of a text is what the code behind it allows, also where the schema itself refuses nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from msgspec.json import schema_components

from sigillo.api.bodies.fields import Address, Email, HeaderName, HeaderValue, Name, PersonName
from sigillo.api.bodies.transaction_fields import Deadline, DocumentUri, Position
from sigillo.api.openapi.parameters import FILTERS
from sigillo.api.values import check_email, check_web_address, read_moment
from sigillo.base.errors import SigilloError
from sigillo.documents.fetch_options import options_from
from sigillo.engine.position import parse_position
from sigillo.flows.create_user import check_handle, check_name
from sigillo.flows.groups import check_group_name

LETTERS = st.sampled_from("aZ09 .@/,:-_éß中\t\n\x00\x7f😀'\"\\")
UNSEEN = st.sampled_from("a@. \x85\xad\u200b\u200d\u2028\u202e\ufeff\ue000\U000e0001")
RARE = st.text(UNSEEN, max_size=6) | st.text(max_size=8)
"""Of what cannot be seen the patterns know little: they may allow more than the code, and never less."""
MOMENTS = st.from_regex(r"\A20[0-9]{2}-0[1-9]-[012][0-9]([T ]1[0-9]:[0-9]{2}(:[0-9]{2})?(Z|\+0[0-9]:?[0-9]{2})?)?\Z")
POSITIONS = st.lists(st.sampled_from(["rect:", "RECT :", " ", "1", "2mm", "3.5in", "-1", ",", ", ", "x"]), max_size=12)


def _fits(kind: Any) -> Callable[[object], bool]:
    (schema,), _ = schema_components([kind])
    return Draft202012Validator(schema).is_valid


def _allowed(checks: Callable[[], object]) -> bool:
    try:
        checks()
    except SigilloError:
        return False
    return True


@given(st.text(LETTERS, max_size=6))
@example("..")
@example(".. ..")
@example("a b")
@example(" a")
@example("@a")
@example("a" * 150)
@example("a" * 151)
@settings(max_examples=200, deadline=None)
def test_ids_of_users_and_names_of_groups(text: str) -> None:
    fits = _fits(Name)(text)
    assert fits == _allowed(lambda: check_handle(text))
    assert fits == (text != "" and _allowed(lambda: check_group_name(text)))


@given(st.text(LETTERS, max_size=6))
@settings(max_examples=100, deadline=None)
def test_names_of_people(text: str) -> None:
    assert _fits(PersonName)(text) == _allowed(lambda: check_name("first_name", text))


@given(st.text(LETTERS, max_size=6) | st.text(LETTERS, max_size=4).map(lambda text: f"a@{text}"))
@settings(max_examples=100, deadline=None)
def test_email_addresses(text: str) -> None:
    assert _fits(Email)(text) == _allowed(lambda: check_email("email", text))


@given(RARE)
@settings(max_examples=100, deadline=None)
def test_nothing_is_allowed_that_does_not_fit(text: str) -> None:
    assert _fits(Name)(text) or not _allowed(lambda: check_handle(text))
    assert _fits(PersonName)(text) or not _allowed(lambda: check_name("first_name", text))
    assert _fits(Email)(text) or not _allowed(lambda: check_email("email", text))


@given(st.text(LETTERS, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_names_and_values_of_headers(text: str) -> None:
    def asked(name: str, value: str) -> bool:
        return _allowed(lambda: options_from({"headers": {name: value}}, {}))

    assert _fits(HeaderName)(text) == asked(text, "x")
    assert not asked("x", text) or _fits(HeaderValue)(text.strip())


@given(
    st.text(LETTERS).map(lambda text: f"HTTPS://a{text}")
    | st.sampled_from(["", "http://a", "ftp://a", "//a", "http:a"])
)
@settings(max_examples=100, deadline=None)
def test_no_web_address_is_allowed_that_does_not_fit(text: str) -> None:
    if _allowed(lambda: check_web_address("urlback", text)):
        assert _fits(Address)(text)
        assert not text or _fits(DocumentUri)(text)


@given(MOMENTS)
@settings(max_examples=50, deadline=None)
def test_no_moment_is_read_that_does_not_fit(text: str) -> None:
    if _allowed(lambda: read_moment("not_after", text)):
        assert _fits(Deadline)(text)
        assert Draft202012Validator(FILTERS["FilterMoment"]).is_valid(text)


@given(POSITIONS.map("".join))
@example("rect: 1, 2mm, 3.5in, 4")
@settings(max_examples=100, deadline=None)
def test_no_position_is_read_that_does_not_fit(text: str) -> None:
    if _allowed(lambda: parse_position(text)):
        assert _fits(Position)(text)


@pytest.mark.parametrize("kind", [Name, PersonName, Email, HeaderName, HeaderValue, Address, Deadline, Position])
def test_patterns_are_anchored_and_read_by_python_too(kind: Any) -> None:
    (schema,), _ = schema_components([kind])
    assert re.fullmatch(r"\^.*\$", schema["pattern"])
    re.compile(schema["pattern"])
