"""Conditions on texts mean on either database what Python means by them."""

from collections.abc import Callable

import pytest
from django.db.models import F, Q

from sigillo.organizations import texts
from sigillo.organizations.models import Organization, User
from tests.support.world import House

STORED = (
    *(
        "Mario",
        "mario",
        "MARIO",
        "Mari",
        "Marianna",
        "marz",
        "Mas",
        "@at",
        "[bracket",
        "`tick",
        "A",
        "a",
        "{",
        "z",
        "Z",
    ),
    *("Łukasz", "łukasz", "ŁUKASZ", "王力", "Ιωάννης", "ΙΩΆΝΝΗΣ", "🙂🙂", "\ud7ff!", "\ue000!", "\U0010ffff!"),
    *("100%", "100_", "1000", "a\\b", "a%b", "a_b", "axb", " lead", "José", "JOSÉ", "jose"),
)
ASKED = (
    *STORED,
    *(name[:length] for name in STORED for length in (1, 2, 3)),
    "\U0010ffff",
    "a\U0010ffff",
    "MAR",
    "jOs",
)


Found = Callable[[Q], set[str]]


@pytest.fixture
def found(db: None) -> Found:
    """Which of the texts, as last names of users, meet a condition."""
    house = Organization.objects.create(slug="names", name="Names")
    User.objects.bulk_create(
        User(organization=house, handle=str(number), last_name=name) for number, name in enumerate(STORED)
    )
    return lambda condition: set(house.users.filter(condition).values_list("last_name", flat=True))


def test_equal_heeds_case(found: Found) -> None:
    for value in ASKED:
        assert found(texts.equal(F("last_name"), value)) == {name for name in STORED if name == value}, value
    assert found(texts.equal(F("last_name"), "Mario", "MARIO", "nobody")) == {"Mario", "MARIO"}


def test_alike_ignores_case_in_any_script(found: Found) -> None:
    for value in ASKED:
        wanted = {name for name in STORED if name.lower() == value.lower()}
        assert found(texts.alike(F("last_name"), value)) == wanted, value
    assert found(texts.alike(F("last_name"), "JOSE", "łUKASZ")) == {"jose", "Łukasz", "łukasz", "ŁUKASZ"}


def test_begins_heeds_case(found: Found) -> None:
    for value in ASKED:
        assert found(texts.begins(F("last_name"), value)) == {name for name in STORED if name.startswith(value)}, value


def test_begins_alike_ignores_case_in_any_script(found: Found) -> None:
    for value in ASKED:
        wanted = {name for name in STORED if name.lower().startswith(value.lower())}
        assert found(texts.begins_alike(F("last_name"), value)) == wanted, value


def test_full_name_of_rows_is_that_of_users(acme: House) -> None:
    User.objects.filter(id=acme.rao.user.id).update(first_name="", last_name="")
    User.objects.filter(id=acme.user.user.id).update(first_name="", last_name="Foscolo")
    rows = User.objects.annotate(shown=texts.FULL_NAME)
    assert {row.handle: row.shown for row in rows} == {row.handle: row.full_name for row in rows}
    assert {"rita", "Foscolo"} <= {row.full_name for row in rows}
