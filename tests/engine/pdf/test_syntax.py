"""Reading and writing PDF values: what the format says, and what viewers forgive."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import MAX_DEPTH, Name, Ref, Value, read_operations, read_spans, read_value
from sigillo.engine.pdf.writing import decode_text, text_string, write_name, write_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b" % a comment\n true", True),
        (b"-17", -17),
        (b"+.5", 0.5),
        (b"12 0 R", Ref(12, 0)),
        (b"12 0 RG", 12),
        (b"/Name", Name("Name")),
        (b"/A#20B#2fC", Name("A B/C")),
        (b"/caf\xe9", Name("café")),
        (b"/", Name("")),
        (b"(a (nested) string)", b"a (nested) string"),
        (b"(\\n\\051\\7\\12\\\\\\x)", b"\n)\x07\n\\x"),
        (b"(one\\\r\ntwo\r\nthree\rfour)", b"onetwo\nthree\nfour"),
        (b"<48 65 6C6c6F7>", b"Hellop"),
        (b"[1[2]<</K(v)>>]", [1, [2], {"K": b"v"}]),
        (b"<</A 1/B/C/D[null]>>", {"A": 1, "B": Name("C"), "D": [None]}),
        (b"<<>>", {}),
    ],
)
def test_values_are_read_as_the_format_says(text: bytes, value: Value) -> None:
    found, end = read_value(text, 0)
    assert found == value
    assert type(found) is type(value)
    assert end == (2 if text == b"12 0 RG" else len(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"--5", -5),
        (b"1.2.3", 1.2),
        (b"-", 0),
        (b"<</A 1 2/B 3>>", {"A": 1, "B": 3}),
        (b"<</A 1/A 2>>", {"A": 1}),
        (b"<</A>>", {"A": None}),
        (b"<</A[1 2>>", {"A": [1, 2]}),
        (b"<</A 1]/B 2>>", {"A": 1, "B": 2}),
        (b"<</A<</B 1>>\nendobj", {"A": {"B": 1}}),
    ],
)
def test_slips_are_read_as_viewers_do(text: bytes, value: Value) -> None:
    assert read_value(text, 0)[0] == value


@pytest.mark.parametrize("text", [b"", b"<</A", b"(open", b"[1", b">>", b"]"])
def test_what_ends_too_early_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        read_value(text, 0)


def test_depth_is_bounded() -> None:
    assert read_value(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, 0)[1] == 2 * MAX_DEPTH
    with pytest.raises(Malformed) as refused:
        read_value(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), 0)
    assert refused.value.code == "nested_too_deep"


def test_spans_are_the_bytes_of_each_entry() -> None:
    text = b"1 0 obj << /A 1 % one\n /B [ 2 ] /C<</D 3>>>>endobj"
    spans, end = read_spans(text, 7)
    assert [(span.key, text[span.value : span.end]) for span in spans] == [
        ("A", b"1"),
        ("B", b"[ 2 ]"),
        ("C", b"<</D 3>>"),
    ]
    assert text[end:] == b"endobj"
    with pytest.raises(Malformed):
        read_spans(b"[1]", 0)


def test_operators_come_with_their_operands() -> None:
    content = b"q /F1 12 Tf [(a) -20 (b)] TJ T* (c)' BI /W 1 ID \x00\xff EI Q"
    assert list(read_operations(content)) == [
        (b"q", []),
        (b"Tf", [Name("F1"), 12]),
        (b"TJ", [[b"a", -20, b"b"]]),
        (b"T*", []),
        (b"'", [b"c"]),
    ]


VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(10**12), 10**12)
    | some.floats(-1e6, 1e6).map(lambda number: round(number, 5))
    | some.binary(max_size=20)
    | some.builds(Ref, some.integers(1, 10**7), some.integers(0, 65535))
    | some.text(some.characters(max_codepoint=255), max_size=10).map(Name),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(some.text(some.characters(max_codepoint=255), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: Value) -> None:
    written = write_value(value)
    found, end = read_value(written + b" ", 0)
    assert found == value
    assert end == len(written)


@given(some.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(data: bytes) -> None:
    for reader in (read_value, read_spans):
        try:
            reader(data, 0)
        except Malformed:
            continue


def test_text_without_a_mark_is_in_pdfdocencoding() -> None:
    assert decode_text(b"Caf\xe9 \x80 \x8d\x8e \xa0 \x9e \x18") == "Café • “” € ž ˘"
    assert decode_text(b"\xef\xbb\xbf\xc5\x81") == "Ł"
    assert decode_text(b"\xff\xfeA\x01") == "Ł"


@given(some.text(max_size=40))
def test_text_strings_hold_any_text(text: str) -> None:
    if not any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        assert decode_text(text_string(text)) == text


@given(some.text(some.characters(max_codepoint=255), max_size=20))
def test_names_hold_any_bytes(name: str) -> None:
    assert read_value(write_name(name) + b" ", 0)[0] == Name(name)
