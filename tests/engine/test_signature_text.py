"""The contract's signature_text: what it may say, and what can never happen through it."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigillo.base.errors import Invalid
from sigillo.engine.signature_text import DEFAULT_SIGNATURE_TEXT, MAXIMUM_TEMPLATE, render_signature_text

SUBJECT = {
    "commonName": "Łukasz 王",
    "C": "IT",
    "L": "Roma",
    "ST": "Lazio",
    "OU": "Legale",
    "O": "Example S.p.A.",
    "emailAddress": "l@example.org",
    "GN": "Łukasz",
    "surname": "王",
    "serialNumber": "TINIT-123",
}


def template(*lines: str) -> str:
    return json.dumps([{"format": list(lines)}])


def test_fills_the_text_of_the_contract() -> None:
    lines = render_signature_text(DEFAULT_SIGNATURE_TEXT, SUBJECT)
    assert lines == ("Signed by Łukasz 王", "IT", "Roma", "Lazio", "Legale", "Example S.p.A.", "l@example.org")


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("CN", "Łukasz 王"),
        ("commonName", "Łukasz 王"),
        ("COMMONNAME", "Łukasz 王"),
        ("countryName", "IT"),
        ("localityName", "Roma"),
        ("S", "Lazio"),
        ("ST", "Lazio"),
        ("stateOrProvinceName", "Lazio"),
        ("organizationName", "Example S.p.A."),
        ("organizationalUnitName", "Legale"),
        ("E", "l@example.org"),
        ("emailAddress", "l@example.org"),
        ("givenName", "Łukasz"),
        ("GN", "Łukasz"),
        ("SN", "王"),
        ("surname", "王"),
        ("serialNumber", "TINIT-123"),
    ],
)
def test_long_and_short_names_mean_the_same(placeholder: str, value: str) -> None:
    assert render_signature_text(template(f"<{{subject[{placeholder}]}}>"), SUBJECT) == (f"<{value}>",)


def test_a_line_without_any_value_is_left_out() -> None:
    lines = render_signature_text(
        template("{subject[T]}", "Dear {subject[title]}", "{subject[title]} {subject[CN]}", "fixed", ""),
        {"CN": "A", "title": "  "},
    )
    assert lines == ("A", "fixed", "")


def test_the_caller_gives_further_values() -> None:
    lines = render_signature_text(
        template("Reason: {reason}", "{date}", "{place}"), {}, {"reason": "approval", "date": "2026-10-07"}
    )
    assert lines == ("Reason: approval", "2026-10-07")


@pytest.mark.parametrize(
    "line",
    [
        "{subject.__class__}",
        "{0.__class__.__mro__}",
        "{subject[CN].__class__}",
        "{subject[CN]!r:>1000000000}",
        "%(CN)s %s",
        "{{ subject.CN }}{% debug %}",
        "$subject ${0}",
        "{",
        "}{",
        "{subject[",
    ],
)
def test_other_template_languages_are_plain_text(line: str) -> None:
    assert render_signature_text(template(line), SUBJECT) == (line,)


def test_values_are_never_read_as_a_template() -> None:
    hostile = "{subject[O]} {reason} {0} %s \\1 \\g<0>"
    assert render_signature_text(template("{subject[CN]}"), {"CN": hostile, "O": "secret"}) == (hostile,)


def test_unknown_placeholders_are_empty() -> None:
    assert render_signature_text(template("a{issuer[CN]}{subject}b {subject[CN]}"), {"CN": "c"}) == ("ab c",)


def test_a_value_stays_on_its_line_and_within_bounds() -> None:
    (line,) = render_signature_text(template("{subject[CN]}"), {"CN": " A\nB\r\n\tC" + "x" * 10_000})
    assert line.startswith("A B Cxxx")
    assert len(line) <= 400
    (line,) = render_signature_text(template("{subject[CN]}" * 50), {"CN": "x" * 10_000})
    assert len(line) == 1000


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "signature_text_malformed"),
        ("Signed by me", "signature_text_malformed"),
        ("{}", "signature_text_malformed"),
        ('"text"', "signature_text_malformed"),
        ('["text"]', "signature_text_malformed"),
        ("[{}]", "signature_text_malformed"),
        ('[{"format": "text"}]', "signature_text_malformed"),
        ('[{"format": [1]}]', "signature_text_malformed"),
        ("[" * 10_000, "signature_text_malformed"),
        (" " * (MAXIMUM_TEMPLATE + 1), "signature_text_too_large"),
        (template(*["x"] * 65), "signature_text_too_large"),
        (template("x" * 1001), "signature_text_too_large"),
    ],
)
def test_names_what_is_wrong_with_a_template(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        render_signature_text(text, SUBJECT)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_blocks_follow_one_another_and_may_carry_more() -> None:
    text = json.dumps([{"format": ["a"], "size": 9}, {"format": ["b", "c"]}])
    assert render_signature_text(text, {}) == ("a", "b", "c")


@given(st.text(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5))
def test_gives_lines_or_a_named_refusal(text: str, subject: Mapping[str, str]) -> None:
    for candidate in (text, template(text)):
        try:
            lines = render_signature_text(candidate, subject, subject)
        except Invalid:
            continue
        assert all(isinstance(line, str) for line in lines)
