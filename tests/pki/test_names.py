"""Names of any script come through unchanged; what cannot stand in a certificate is refused by field."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigillo.base.errors import Invalid
from sigillo.pki.certificates import describe
from sigillo.pki.names import Subject, encode_email, encode_name, read_name
from tests.pki.conftest import NAME, Authority, openssl
from tests.support.programs import needs

NAMES = [
    NAME,
    'Mario "il Re" Rossi, Jr.',
    "O'Brien + Söhne; <b>&amp;</b>",
    "CN=someone else,O=Bank",
    "#0500 \\2C /CN=root",
    "Παναγιώτα Παπαδοπούλου-Κωνσταντινίδη του Αλεξάνδρου",  # 52 letters, 101 octets
    "नरेन्द्र 🖋",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back_as_it_went_in(quick_authority: Authority, name: str) -> None:
    info = describe(quick_authority.issue(Subject(common_name=name, given_name=name, surname=name)))
    assert info.subject == dict.fromkeys(("commonName", "CN", "givenName", "GN", "G", "surname", "SN"), name)


@needs("openssl")
@pytest.mark.parametrize("name", NAMES)
def test_openssl_reads_the_same_name(quick_authority: Authority, name: str) -> None:
    form = ("-noout", "-subject", "-nameopt", "utf8,sep_multiline,lname")
    shown = openssl("x509", "-inform", "DER", *form, octets=quick_authority.issue(Subject(common_name=name)))
    assert f"commonName={name}\n" in shown


def test_every_attribute_has_its_long_and_short_names(quick_authority: Authority) -> None:
    subject = Subject(
        common_name="Mario Rossi",
        given_name="Mario",
        surname="Rossi",
        serial_number="TINIT-RSSMRA80A01H501U",
        organization="Acme S.p.A.",
        organizational_unit="Legal",
        locality="Roma",
        state="RM",
        country="it",
        email="mario@example.it",
    )
    expected = {
        ("countryName", "C"): "IT",
        ("stateOrProvinceName", "ST", "S"): "RM",
        ("localityName", "L"): "Roma",
        ("organizationName", "O"): "Acme S.p.A.",
        ("organizationalUnitName", "OU"): "Legal",
        ("surname", "SN"): "Rossi",
        ("givenName", "GN", "G"): "Mario",
        ("serialNumber",): "TINIT-RSSMRA80A01H501U",
        ("commonName", "CN"): "Mario Rossi",
        ("emailAddress", "E"): "mario@example.it",
    }
    assert describe(quick_authority.issue(subject)).subject == {
        name: text for names, text in expected.items() for name in names
    }


def test_strings_have_the_types_of_the_profile() -> None:
    name = encode_name(Subject(common_name="A", country="IT", serial_number="1", organization="B"))
    types = {a["type"].native: a["value"].chosen.__class__.__name__ for relative in name.chosen for a in relative}
    assert types == {
        "country_name": "PrintableString",
        "organization_name": "UTF8String",
        "serial_number": "PrintableString",
        "common_name": "UTF8String",
    }


def test_a_long_common_name_is_shortened_and_the_given_name_is_not(quick_authority: Authority) -> None:
    name = "Maria Antonia Josepha Benedicta Rosalia Petronella von Habsburg-Lothringen"
    subject = describe(quick_authority.issue(Subject(common_name=name, given_name=name))).subject
    assert subject["commonName"] == name[:63] + "…"
    assert subject["givenName"] == name


def test_sixty_four_characters_stay_whole_in_any_script() -> None:
    assert read_name(encode_name(Subject(common_name="王" * 64)))["CN"] == "王" * 64
    assert len(read_name(encode_name(Subject(common_name="王" * 65)))["CN"]) == 64


def test_shortening_never_parts_a_letter_from_its_marks() -> None:
    name = read_name(encode_name(Subject(common_name="x" * 62 + "क्" + "y" * 10)))["CN"]
    assert name == "x" * 62 + "…"


def test_decomposed_text_is_composed() -> None:
    assert read_name(encode_name(Subject(common_name="e\u0301a")))["CN"] == "éa"


def test_empty_texts_are_left_out() -> None:
    assert read_name(encode_name(Subject(common_name=" Anna ", given_name="", surname="  "))) == {
        "commonName": "Anna",
        "CN": "Anna",
    }


@pytest.mark.parametrize(
    ("subject", "field"),
    [
        (Subject(common_name=""), "common_name"),
        (Subject(common_name=" \t"), "common_name"),
        (Subject(common_name="bank.example\x00.evil.example"), "common_name"),
        (Subject(common_name="a\nb"), "common_name"),
        (Subject(common_name="half of a pair \ud800"), "common_name"),
        (Subject(common_name="Mario \u202eissoR"), "common_name"),
        (Subject(common_name="A", given_name="a\u2029b"), "given_name"),
        (Subject(common_name="A", organization="o" * 65), "organization"),
        (Subject(common_name="A", organizational_unit="o" * 65), "organizational_unit"),
        (Subject(common_name="A", locality="l" * 129), "locality"),
        (Subject(common_name="A", state="s" * 129), "state"),
        (Subject(common_name="A", serial_number="1" * 65), "serial_number"),
        (Subject(common_name="A", serial_number="TINIT_1"), "serial_number"),
        (Subject(common_name="A", country="Italy"), "country"),
        (Subject(common_name="A", country="1T"), "country"),
        (Subject(common_name="A", surname="s" * 32769), "surname"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(subject: Subject, field: str) -> None:
    with pytest.raises(Invalid, match=f"certificate's {field} ") as caught:
        encode_name(subject)
    assert caught.value.code == "subject_invalid"


@pytest.mark.parametrize(
    "email",
    [
        "a",
        "@b.it",
        "a@",
        "a@b@c",
        "a b@c.it",
        "à@b.it",
        "a@bü.de",
        "<a@b.it>",
        "a\x00@b.it",
        "a\n@b.it",
        "a@" + "b" * 260,
    ],
)
def test_what_is_no_plain_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid, match="certificate's email "):
        encode_email(email)


def test_an_address_is_trimmed() -> None:
    assert encode_email(" a@b.it\n").value == "a@b.it"


def test_right_to_left_marks_that_names_need_are_kept() -> None:
    name = "שלום\u200f (א)"
    assert read_name(encode_name(Subject(common_name=name)))["CN"] == name


@given(st.text(min_size=1, max_size=80))
def test_any_text_is_encoded_or_refused(name: str) -> None:
    with suppress(Invalid):
        assert 1 <= len(read_name(encode_name(Subject(common_name=name)))["CN"]) <= 64
