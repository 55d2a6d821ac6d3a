"""File names come from callers and end on somebody's disk."""

import pytest

from sigillo.api.attachment import content_disposition, safe_file_name


def test_plain_name_stands_alone() -> None:
    assert content_disposition("Work Contract.pdf") == 'attachment; filename="Work Contract.pdf"'


def test_any_script_is_kept_beside_a_plain_name() -> None:
    header = content_disposition("Łukasz 王.pdf")
    assert header == "attachment; filename=\"_ukasz _.pdf\"; filename*=UTF-8''%C5%81ukasz%20%E7%8E%8B.pdf"


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a__Set-Cookie_ x=1.pdf"),
        ('x"; filename=evil.exe', "x__ filename=evil.exe"),
        ("invoice\u202efdp.exe.pdf", "invoice_fdp.exe.pdf"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        ("C:\\windows\\x.pdf", "C__windows_x.pdf"),
    ],
)
def test_hostile_names_become_one_file_in_one_folder(hostile: str, safe: str) -> None:
    assert safe_file_name(hostile) == safe


def test_header_is_latin_and_one_line_whatever_the_name() -> None:
    for point in (*range(0x300), 0x202E, 0xFEFF, 0x1F600):
        header = content_disposition(f"a{chr(point)}b.pdf")
        assert header.isascii()
        assert header.isprintable()


def test_long_names_are_cut_before_their_ending() -> None:
    assert safe_file_name("x" * 500 + ".pdf") == "x" * 120 + ".pdf"
