"""Constraints on the certificate: a closed list, compared without a pattern of the caller's."""

import pytest

from sigillo.base.errors import Invalid
from sigillo.transactions.constraints import check_constraints, first_unmet, parse_constraints

JOHN = {"givenName": "John", "commonName": "John Doe", "serialNumber": "TINIT-DOE"}


@pytest.mark.parametrize(
    ("name", "value", "met"),
    [
        ("certificate__subject_givenName__iexact", "JOHN", True),
        ("certificate__subject_givenName", "JOHN", False),
        ("certificate__subject_givenName__exact", "John", True),
        ("certificate__subject_commonName__startswith", "John", True),
        ("certificate__subject_commonName__icontains", "dOe", True),
        ("certificate__subject_serialNumber__in", "TINIT-X,TINIT-DOE", True),
        ("certificate__subject_surname__exact", "Doe", False),
    ],
)
def test_comparisons(name: str, value: str, met: bool) -> None:
    assert (first_unmet({name: value}, JOHN) is None) is met


def test_the_first_unmet_is_named() -> None:
    assert first_unmet({"certificate__subject_givenName": "Ann"}, JOHN) == "certificate__subject_givenName=Ann"


@pytest.mark.parametrize(
    "name",
    [
        "certificate__subject_givenName__regex",
        "certificate__issuer_commonName",
        "user__password__startswith",
        "certificate__subject___class__",
        "",
    ],
)
def test_anything_else_is_refused_by_name(name: str) -> None:
    with pytest.raises(Invalid, match="is not a constraint"):
        check_constraints("documents[0].groups[0][0].constraints", {name: "x"})


def test_the_written_form() -> None:
    text = "certificate__subject_givenName__iexact=JOHN&certificate__subject_surname=a=b"
    assert parse_constraints(text) == {
        "certificate__subject_givenName__iexact": "JOHN",
        "certificate__subject_surname": "a=b",
    }
    assert parse_constraints("") == {}
    with pytest.raises(Invalid):
        parse_constraints("certificate__subject_givenName")
