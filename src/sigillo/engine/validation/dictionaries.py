"""A dictionary as it is written: every key with its place, repeated ones too, and long strings in one step.

pyHanko's own reader keeps the first of two equal keys and says nothing, and takes a call for each character of a
hexadecimal string, of which a signature has some ten thousand.
"""

import io
import re
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError, read_non_whitespace

HEADER = re.compile(rb"\s*(\d+)\s+(\d+)\s+obj\s*<<")
HEXADECIMAL = re.compile(rb"<([0-9A-Fa-f]*)>")
SIGNATURE_HEAD = 1024
LONG_CONTENTS = re.compile(rb"/Contents\s*<[0-9A-Fa-f]{256}")
LIMIT = 4_000_000
"""How many bytes of one dictionary are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a dictionary, its value, and where in the file the value begins."""

    key: str
    value: Any
    offset: int


def looks_like_signature(view: memoryview, offset: int) -> bool:
    """Whether the object there has a long hexadecimal /Contents near its beginning."""
    head = bytes(view[offset : offset + SIGNATURE_HEAD])
    contents = LONG_CONTENTS.search(head)
    return contents is not None and b"endobj" not in head[: contents.start()]


def read_entries(view: memoryview, offset: int, owner: Any) -> list[Entry]:  # noqa: ANN401 - pyHanko has no types
    """The entries of the plain dictionary that is the indirect object at `offset`.

    `owner` is pyHanko's reference to it, to which the references inside are bound. Raises PdfReadError where
    something else stands there.
    """
    text = bytes(view[offset : offset + LIMIT])
    header = HEADER.match(text)
    if header is None:
        raise PdfReadError("no dictionary at this place")
    stream = io.BytesIO(text)
    stream.seek(header.end())
    entries: list[Entry] = []
    while _peek(stream) != b">":
        key = str(generic.NameObject.read_from_stream(stream))  # type: ignore[no-untyped-call]
        _peek(stream)
        at = stream.tell()
        entries.append(Entry(key, _read_value(stream, text, owner), offset + at))
    stream.seek(2, io.SEEK_CUR)
    if _peek(stream) != b"e":  # endobj; a stream is no plain dictionary
        raise PdfReadError("no plain dictionary at this place")
    return entries


def _peek(stream: io.BytesIO) -> bytes:
    character: bytes = read_non_whitespace(stream, seek_back=True)  # type: ignore[no-untyped-call]
    return character


def _read_value(stream: io.BytesIO, text: bytes, owner: Any) -> Any:  # noqa: ANN401
    string = HEXADECIMAL.match(text, stream.tell())
    if string is None or len(string[1]) % 2:
        return generic.read_object(stream, owner)
    stream.seek(string.end())
    return generic.pdf_string(bytes.fromhex(string[1].decode("ascii")))
