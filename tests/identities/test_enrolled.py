"""What somebody who enrolls is told of: every field by name, and nothing that no certificate could carry."""

from datetime import date

import pytest

from sigillo.base.errors import Invalid
from sigillo.identities.providers.embedded import check_subject, fiscal_code_in, issue_for
from sigillo.identities.providers.enrolled import REQUIRED, check_enrollment_data
from sigillo.pki.certificates import describe
from tests.flows.stories import TOLD
from tests.support.world import House

TODAY = date(2026, 3, 1)
AS_KEPT = TOLD | {"birth_date": "1990-01-01"}


def _checked(**changes: object) -> dict[str, str]:
    return check_enrollment_data(TOLD | changes, TODAY)


def test_the_seed_is_taken() -> None:
    assert _checked() == AS_KEPT
    assert _checked(fiscal_code=None) == _checked(fiscal_code="") == AS_KEPT


@pytest.mark.parametrize("text", ["01-02-1990", "1-2-1990", "1990-02-01", " 01-02-1990 "])
def test_a_birthday_in_each_spelling(text: str) -> None:
    assert _checked(birth_date=text)["birth_date"] == "1990-02-01"


@pytest.mark.parametrize(
    "text",
    ["31-02-1990", "1990-13-01", "01/02/1990", "01-02-90", "01-03-2026", "02-03-2026", "31-12-1889", "1990", "x"],
)
def test_what_is_no_birthday(text: str) -> None:
    with pytest.raises(Invalid, match=r"provider_data\.birth_date"):
        _checked(birth_date=text)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize(
    "value", [None, "", "  ", 7, True, "a\nb", "a\0", "a\u202eb", "\u200d", "x" * 501],
    ids=["null", "empty", "blank", "number", "boolean", "line", "NUL", "override", "unseen", "long"],
)  # fmt: skip
def test_each_field_is_a_text(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        _checked(**{name: value})
    assert refusal.value.code == "invalid_provider_data"
    assert f"provider_data.{name} " in refusal.value.message


def test_a_field_that_is_none_is_named() -> None:
    for name in ("password", "csc_credential", "birthdate"):
        with pytest.raises(Invalid) as refusal:
            _checked(**{name: "x"})
        assert refusal.value.code == "unknown_provider_field"
        assert name in refusal.value.message


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("RSSMRA80A01H501U", "RSSMRA80A01H501U"),
        (" rssmra80a01h501u ", "RSSMRA80A01H501U"),
        ("rssmra80a01h50lu", "RSSMRA80A01H50LU"),  # with a letter for a digit, as it is for the second of a name
        ("12 345/678-9", "12 345/678-9"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_fiscal_code_as_it_is_kept(code: str, kept: str) -> None:
    assert _checked(fiscal_code=code)["fiscal_code"] == kept


@pytest.mark.parametrize("code", ["RSSMRA80À01H501U", "王", "a_b", "a\nb", "x" * 41, "  ", 12, "a@b", 'a"b'])
def test_a_fiscal_code_that_no_certificate_can_carry(code: object) -> None:
    with pytest.raises(Invalid, match=r"provider_data\.fiscal_code"):
        _checked(fiscal_code=code)


def test_joiners_inside_of_names_are_kept() -> None:
    assert _checked(first_name="می\u200cخواهم")["first_name"] == "می\u200cخواهم"


@pytest.mark.parametrize("local", ["a,b", "a b", "a;b", 'a"b', "a(b", "@"])
def test_an_address_that_no_certificate_can_carry(acme: House, local: str) -> None:
    with pytest.raises(Invalid, match="email"):
        check_subject(acme.user.user, AS_KEPT | {"email": f"{local}@example.com"})


def test_a_mail_address_is_as_long_as_one_can_be() -> None:
    name = "n" * (254 - len("@example.com"))
    assert _checked(email=f"{name}@example.com")
    with pytest.raises(Invalid, match=r"provider_data\.email"):
        _checked(email=f"x{name}@example.com")


def test_what_was_told_is_in_the_certificate(acme: House) -> None:
    issued = issue_for(acme.user.user, AS_KEPT | {"fiscal_code": "RSSMRA80A01H501U", "email": "jürgen@example.com"})
    subject = describe(issued.certificate).subject
    assert subject["serialNumber"] == "TINIT-RSSMRA80A01H501U"
    assert (subject["givenName"], subject["surname"]) == ("John", "Doe")
    assert "emailAddress" not in subject  # it has no ASCII form, and an rfc822Name is nothing else


@pytest.mark.parametrize(
    ("serial", "code"),
    [
        ("TINIT-RSSMRA80A01H501U", "RSSMRA80A01H501U"),
        ("IT:RSSMRA80A01H501U", "RSSMRA80A01H501U"),
        ("IDCES-12345678Z", "12345678Z"),
        ("12345", "12345"),
        ("", ""),
        ("9" * 100, "9" * 64),
        ("12\x0034", "1234"),
    ],
)
def test_a_code_is_found_in_a_serial_number(serial: str, code: str) -> None:
    assert fiscal_code_in(serial) == code
