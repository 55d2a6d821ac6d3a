"""PDF objects as Python values, and where in the bytes they stand (ISO 32000-2, 7.2 and 7.3).

    null, booleans, numbers   None, bool, int, float
    string                    bytes (still encrypted, where the document is)
    name                      Name: a str of the name's bytes as Latin-1, which loses nothing
    array, dictionary         list, dict with str keys (as names)
    reference                 Ref

The reader is as tolerant as the viewers are: it reads what can be read and raises Malformed otherwise.
It never copies the document, and its work is bounded by the length of the object and MAX_DEPTH.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import NamedTuple

from sigillo.engine.pdf.malformed import Malformed

Source = bytes | mmap


class Name(str):
    """A PDF name, so that it is not taken for anything else that is a str."""

    __slots__ = ()


class Ref(NamedTuple):
    """An indirect reference: object and generation number (7.3.10)."""

    number: int
    generation: int


Value = None | bool | int | float | bytes | Name | Ref | list["Value"] | dict[str, "Value"]
Dictionary = dict[str, Value]


class Span(NamedTuple):
    """Where one entry of a dictionary stands: from the slash of its key to the end of its value."""

    key: str
    start: int
    value: int
    end: int


@dataclass(slots=True)
class _Frame:
    """An array or dictionary that is still open."""

    items: list[Value]
    is_dictionary: bool


MAX_DEPTH = 100

_SPACE = rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
_TOKEN = re.compile(
    _SPACE + rb"(?:(?P<ref>\d{1,10}[\x00\t\n\x0c\r ]+\d{1,5}[\x00\t\n\x0c\r ]+R)(?!" + _REGULAR + rb")"
    rb"|/(?P<name>" + _REGULAR + rb"*+)"
    rb"|(?P<number>[+\-.\d]" + _REGULAR + rb"*+)"
    rb"|(?P<open><<|\[)"
    rb"|(?P<close>>>|\])"
    rb"|<(?P<hex>[^<>]*+)>"
    rb"|(?P<string>\()"
    rb"|(?P<word>" + _REGULAR + rb"++)"
    rb"|(?P<odd>[)<>{}]))"
)
_SPACES = re.compile(_SPACE)
_OPERATOR = re.compile(rb"[A-Za-z'\"][A-Za-z0-9*'\"]*+")
_STRING_STOP = re.compile(rb"[()\\\r]")
_NAME_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NUMBER = re.compile(rb"[+\-]*(\d*\.?\d*)")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})*+")
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]+")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_OCTAL = re.compile(rb"[0-7]{1,3}")
_ENDS = (b"endobj", b"stream", b"endstream", b"xref", b"trailer")
"""Words at which an object is over, closed or not."""
_WORDS: dict[bytes, Value] = {b"true": True, b"false": False, b"null": None}


def skip_space(source: Source, at: int) -> int:
    """The offset of the first byte from `at` that is neither white space nor comment."""
    match = _SPACES.match(source, at)
    return match.end() if match else at


def read_value(source: Source, at: int) -> tuple[Value, int]:
    """The value at offset `at`, and the offset right after it. Raises Malformed."""
    return _Reader(source, at).value()


def read_spans(source: Source, at: int) -> tuple[list[Span], int]:
    """The entries of the dictionary at `at` with their places, and the offset right after the `>>`."""
    at = skip_space(source, at)
    if source[at : at + 2] != b"<<":
        raise Malformed("not_a_dictionary", "An object that has to be a dictionary is something else.")
    spans: list[Span] = []
    at += 2
    while True:
        at = skip_space(source, at)
        if source[at : at + 2] == b">>":
            return spans, at + 2
        key, value_at = read_value(source, at)
        if not isinstance(key, Name):
            raise Malformed("not_a_dictionary", "A dictionary has a key that is no name.")
        value_at = skip_space(source, value_at)
        _, end = read_value(source, value_at)
        spans.append(Span(str(key), at, value_at, end))
        at = end


def read_operations(content: bytes) -> Iterator[tuple[bytes, list[Value]]]:
    """The operators of a content stream, each with its operands, up to the first inline image (7.8.2)."""
    operands: list[Value] = []
    at = 0
    while (at := skip_space(content, at)) < len(content):
        word = _OPERATOR.match(content, at)
        if word is None or word.group() in _WORDS:
            value, at = read_value(content, at)
            operands.append(value)
            continue
        if word.group() == b"BI":
            return
        yield word.group(), operands
        operands, at = [], word.end()


class _Reader:
    """One pass over one object, with a stack of its own instead of recursion."""

    def __init__(self, source: Source, at: int) -> None:
        self.source = source
        self.at = at
        self.open: list[_Frame] = []
        self.done: list[Value] = []

    def value(self) -> tuple[Value, int]:
        while True:
            match = _TOKEN.match(self.source, self.at)
            if match is None or match.lastgroup is None:
                raise Malformed("truncated_object", "The file ends in the middle of an object.")
            kind = match.lastgroup
            self.at = match.end()
            if kind == "open":
                self._begin(match.group(kind) == b"<<")
            elif kind == "close":
                self._end(match.group(kind) == b">>")
            elif kind == "word" and match.group(kind) in _ENDS and self.open:
                self.at = match.start(kind)
                self._close(0)
            else:
                self._keep(self._atom(kind, match))
            if self.done:
                return self.done[0], self.at

    def _begin(self, is_dictionary: bool) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise Malformed("nested_too_deep", f"An object nests more than {MAX_DEPTH} levels deep.")
        self.open.append(_Frame([], is_dictionary))

    def _end(self, is_dictionary: bool) -> None:
        """Close the array or dictionary; a `>>` closes arrays left open in it, a stray `]` is left out."""
        levels = [level for level, frame in enumerate(self.open) if frame.is_dictionary == is_dictionary]
        if not self.open:
            raise Malformed("unbalanced_object", "An array or dictionary ends that did not begin.")
        if levels and (is_dictionary or levels[-1] == len(self.open) - 1):
            self._close(levels[-1])

    def _close(self, level: int) -> None:
        """Close everything that is open from `level` on."""
        while len(self.open) > level:
            frame = self.open.pop()
            self._keep(_as_dictionary(frame.items) if frame.is_dictionary else frame.items)

    def _keep(self, value: Value) -> None:
        (self.open[-1].items if self.open else self.done).append(value)

    def _atom(self, kind: str, match: re.Match[bytes]) -> Value:
        return self._string() if kind == "string" else _ATOMS[kind](match.group(kind))

    def _string(self) -> bytes:
        """A literal string (7.3.4.2): balanced parentheses, escapes, line ends read as one line feed."""
        parts: list[bytes] = []
        depth = 1
        while True:
            stop = _STRING_STOP.search(self.source, self.at)
            if stop is None:
                raise Malformed("truncated_object", "The file ends in the middle of a string.")
            parts.append(self.source[self.at : stop.start()])
            self.at = stop.end()
            mark = stop.group()
            if mark == b"\\":
                parts.append(self._escape())
                continue
            if mark == b"\r":
                self.at += self.source[self.at : self.at + 1] == b"\n"
                parts.append(b"\n")
                continue
            depth += 1 if mark == b"(" else -1
            if depth == 0:
                return b"".join(parts)
            parts.append(mark)

    def _escape(self) -> bytes:
        octal = _OCTAL.match(self.source, self.at)
        if octal:
            self.at = octal.end()
            return bytes((int(octal.group(), 8) & 0xFF,))
        letter = self.source[self.at : self.at + 1]
        self.at += 1
        if letter == b"\r":
            self.at += self.source[self.at : self.at + 1] == b"\n"
        return b"" if letter in b"\r\n" else _ESCAPES.get(letter, letter)


def _as_dictionary(items: list[Value]) -> Dictionary:
    """Pairs of key and value; of two entries with one key the first stays, as in poppler and pyHanko."""
    found: Dictionary = {}
    at = 0
    while at < len(items):
        key = items[at]
        if not isinstance(key, Name):
            at += 1
            continue
        found.setdefault(str(key), items[at + 1] if at + 1 < len(items) else None)
        at += 2
    return found


def _name(text: bytes) -> Name:
    if b"#" in text:
        text = _NAME_ESCAPE.sub(lambda escape: bytes((int(escape.group(1), 16),)), text)
    return Name(text.decode("latin-1"))


def _number(text: bytes) -> int | float:
    """As the viewers do, from what stands at its beginning: `--5` is -5, `1.2.3` is 1.2, `-` is 0."""
    try:
        return int(text)
    except ValueError:
        match = _NUMBER.match(text)
    digits = match.group(1) if match else b""
    if digits in (b"", b"."):
        return 0
    size = float(digits) if b"." in digits else int(digits)
    return -size if text.startswith(b"-") else size


def _hex(text: bytes) -> bytes:
    """A hexadecimal string (7.3.4.3); what is no digit is left out, and a last odd digit has a 0 behind it."""
    if _HEX.fullmatch(text):
        return bytes.fromhex(text.decode("ascii"))
    digits = _NOT_HEX.sub(b"", text)
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _ref(text: bytes) -> Ref:
    number, generation, _ = text.replace(b"\x00", b" ").split()
    return Ref(int(number), int(generation))


_ATOMS: dict[str, Callable[[bytes], Value]] = {
    "ref": _ref,
    "name": _name,
    "number": _number,
    "hex": _hex,
    "word": _WORDS.get,
    "odd": lambda _: None,
}
