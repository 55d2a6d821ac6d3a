"""Request in, typed body out, or a sentence that names the field and says what was wrong with it."""

import re
from collections.abc import Iterator
from email.message import Message
from mmap import mmap
from typing import TypeVar

import msgspec
from django.conf import settings
from django.http import HttpRequest

from sigillo.base.errors import Invalid, TooLarge, UnsupportedMedia

T = TypeVar("T", bound=msgspec.Struct)

CHUNK = 1024 * 1024
WHOLE_BODY = "sigillo.body"
"""Among the extensions of the ASGI scope: a list that holds the body, as bytes or a memory map, until it is taken."""
_VISIBLE = re.compile(rb"\S")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_8 = ("utf-8", "utf8", "us-ascii")
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`", re.DOTALL)
_MISTYPED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")
_MISFIT = re.compile(r"Expected `(?P<kind>[^`]*)` (?:of length )?(?P<sign>[<>]=) (?P<bound>\d+)")
_TYPES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}


def read_body(request: HttpRequest, kind: type[T], *, may_be_empty: bool = False) -> T:
    """The body of a request as `kind`; where `may_be_empty`, none at all is like an empty object.

    Raises:
        UnsupportedMedia: there is a body and it is not declared as JSON in UTF-8.
        TooLarge: it is larger than this server accepts.
        Invalid: it is empty or no JSON, or a field is unknown, missing, of another type, too long, or holds a NUL.
    """
    raw = _raw(request)
    if not _VISIBLE.search(raw):
        if may_be_empty:
            return kind()
        raise Invalid("empty_body", "The body is empty; send a JSON object.")
    _check_media_type(request.headers.get("Content-Type", ""))
    text = memoryview(raw)[len(_BYTE_ORDER_MARK) :] if raw[:3] == _BYTE_ORDER_MARK else raw
    try:
        body = msgspec.json.decode(text, type=kind)
        _check_texts(body)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(raw, error) from None
    except RecursionError:
        raise Invalid("malformed_json", "The body is nested too deeply to be read.") from None
    return body


def _raw(request: HttpRequest) -> bytes | mmap:
    """The bytes of the body, never more than the server accepts, whether or not their number was announced.

    Nobody keeps them here: they go as soon as the caller is done, which is long before the request is answered.
    """
    limit: int = settings.SIGILLO_MAX_BODY_BYTES
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    announced = request.headers.get("Content-Length") or "0"
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    taken: list[bytes | mmap] = request.META.get("asgi.scope", {}).get("extensions", {}).get(WHOLE_BODY, [])
    if taken:
        return taken.pop()
    if not chunked or announced != "0":
        return request.read()
    # Django reads as many bytes as were announced, so none of a chunked body: its end is the end of the input.
    gathered = bytearray()
    while piece := request.META["wsgi.input"].read(CHUNK):
        gathered += piece
        if len(gathered) > limit:
            raise _too_large(limit)
    return bytes(gathered)


def _too_large(limit: int) -> TooLarge:
    return TooLarge("body_too_large", f"The body is larger than {limit} bytes, the most this server accepts.")


def _check_media_type(header: str) -> None:
    message = Message()
    message["Content-Type"] = header
    charset = str(message.get_param("charset", "utf-8")).lower()
    if message.get_content_type() != "application/json" or charset not in _UTF_8:
        raise UnsupportedMedia("not_json", "Send JSON in UTF-8 with the header Content-Type: application/json.")


def _malformed(raw: bytes | mmap, error: Exception) -> Invalid:
    if isinstance(error, UnicodeDecodeError):
        said = "it is not UTF-8"
    elif "truncated" not in str(error):
        said = str(error).removeprefix("JSON is malformed: ")
    elif _LONE_SURROGATE.search(raw):
        said = "it ends too early or holds half of a surrogate pair"
    else:
        said = f"it ends too early (byte {len(raw)})"
    return Invalid("malformed_json", f"The body is not valid JSON: {said}.")


def _misfit(said: str) -> Invalid:
    """msgspec's complaint, as a sentence about a field of the caller's."""
    placed = _PLACE.fullmatch(said)
    what, path = (placed["what"], placed["path"]) if placed else (said, "")
    if unknown := _UNKNOWN.fullmatch(what):
        name = _within(path, unknown["name"][:100])
        return Invalid("unknown_field", f"{name!r} is not a field of this body; leave it out or correct its name.")
    if missing := _MISSING.fullmatch(what):
        return Invalid("missing_field", f"{_within(path, missing['name'])} is missing; it is required.")
    subject = path or "The body"
    if mistyped := _MISTYPED.fullmatch(what):
        wanted = _one_of(mistyped["wanted"])
        return Invalid("invalid_value", f"{subject} must be {wanted}, not {_one_of(mistyped['got'])}.")
    if misfit := _MISFIT.fullmatch(what):
        return Invalid("invalid_value", f"{subject} must be {_bound(misfit['kind'], misfit['sign'], misfit['bound'])}.")
    return Invalid("invalid_value", f"{subject} does not fit: {what}.")


def _within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _one_of(types: str) -> str:
    *most, last = [_TYPES.get(name, name) for name in types.split(" | ")]
    return f"{', '.join(most)} or {last}" if most else last


def _bound(kind: str, sign: str, bound: str) -> str:
    side = "at most" if sign == "<=" else "at least"
    unit = {"str": " characters long", "array": " items long", "object": " entries long"}.get(kind, "")
    return f"{side} {bound}{unit}"


def _check_texts(body: msgspec.Struct) -> None:
    """Refuse NUL characters, which no database text can hold."""
    for path, text in _texts(body, ""):
        if "\0" in text:
            raise Invalid("nul_character", f"{path} holds a NUL character; take it out.")


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a body with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), _within(path, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"A key of {path}", key
            yield from _texts(item, _within(path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
