"""Writing PDF values (ISO 32000-2, 7.3)."""

import re
from collections.abc import Mapping

from sigillo.engine.pdf.document import Cipher
from sigillo.engine.pdf.syntax import Name, Ref, Value

# Where PDFDocEncoding is not Latin-1 (annex D.2).
_PDF_DOC = dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True)) | dict(
    zip(range(0x80, 0x9F), "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž", strict=True)
)
_PDF_DOC[0xA0] = "€"
_NAME_ESCAPED = re.compile(r"[^!-~]|[#()<>\[\]{}/%]")


def text_string(text: str) -> bytes:
    """The bytes of a text string: ASCII as it is, anything else in UTF-16BE with its mark (7.9.2.2)."""
    if text.isascii() and text.isprintable():
        return text.encode("ascii")
    return b"\xfe\xff" + text.encode("utf-16-be", "replace")


def decode_text(value: bytes) -> str:
    """A text string of the file as text: UTF-16 or UTF-8 with their marks, else PDFDocEncoding (7.9.2.2)."""
    if value[:2] == b"\xfe\xff":
        return value[2:].decode("utf-16-be", "replace")
    if value[:2] == b"\xff\xfe":
        return value[2:].decode("utf-16-le", "replace")
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1").translate(_PDF_DOC)


def write_name(name: str) -> bytes:
    """A name with the bytes that need it escaped (7.3.5)."""
    escaped = _NAME_ESCAPED.sub(lambda character: f"#{ord(character.group()):02X}", name)
    return b"/" + escaped.encode("latin-1")


def write_hex(data: bytes) -> bytes:
    """A string in hexadecimal (7.3.4.3)."""
    return b"<" + data.hex().encode("ascii") + b">"


def write_ref(ref: Ref) -> bytes:
    """An indirect reference (7.3.10)."""
    return b"%d %d R" % ref


def write_number(number: float) -> bytes:
    """A number without exponent (7.3.3)."""
    if isinstance(number, int):
        return b"%d" % number
    return f"{number:.6f}".rstrip("0").rstrip(".").encode("ascii") or b"0"


def write_value(value: Value, cipher: Cipher | None = None, ref: Ref | None = None) -> bytes:
    """Any value; strings are ciphered where the object `ref` of an encrypted document holds them."""
    if isinstance(value, list):
        return b"[%s]" % b" ".join(write_value(item, cipher, ref) for item in value)
    if isinstance(value, dict):
        return write_dictionary({key: write_value(item, cipher, ref) for key, item in value.items()})
    if isinstance(value, bytes):
        return write_hex(value if cipher is None or ref is None else cipher.encrypt_string(ref, value))
    return _write_atom(value)


def _write_atom(value: bool | int | float | Name | Ref | None) -> bytes:
    if isinstance(value, Ref):
        return write_ref(value)
    if isinstance(value, Name):
        return write_name(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return write_number(value)
    return {None: b"null", True: b"true", False: b"false"}[value]


def write_dictionary(entries: Mapping[str, bytes]) -> bytes:
    """A dictionary of values that are written already."""
    return b"<<" + b"".join(b"%s %s" % (write_name(key), value) for key, value in entries.items()) + b">>"
