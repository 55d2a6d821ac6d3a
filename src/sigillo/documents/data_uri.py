"""Documents that come inside their own URI (RFC 2397), decoded piece by piece: a large one is never copied whole."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator

from sigillo.base.errors import Invalid, TooLarge

PIECE = 1024 * 1024
"""Characters decoded at a time."""

_MAX_HEADER = 1024
_WHITESPACE = b" \t\r\n\f\v"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def data_uri_chunks(uri: str, max_bytes: int) -> tuple[str, Iterator[bytes]]:
    """The media type, in lower case without parameters, and the content of a `data:` URI in pieces.

    Base64 may be broken by white space, unpadded or URL-safe (RFC 4648, 5), and percent-encoded on top; none of
    this can change what it means. Raises Invalid at once where this is no data: URI; the pieces raise Invalid where
    the content has no one meaning, and TooLarge above `max_bytes`. So what was made of the pieces counts only once
    they came to their end: `store.keep` names nothing before. Takes a few MiB beside the URI, whatever is in it.
    """
    comma = uri.find(",", 0, _MAX_HEADER)
    scheme, _, header = uri[: max(comma, 0)].partition(":")
    if comma < 0 or scheme.strip().lower() != "data":
        raise Invalid("data_uri", "This is no data: URI; write it as data:application/pdf;base64,<content>.")
    media_type, *parameters = [part.strip().lower() for part in header.split(";")]
    pieces = _unquoted(uri, comma + 1)
    content = _bounded(_from_base64(pieces) if "base64" in parameters else pieces, max_bytes)
    if media_type and not _MEDIA_TYPE.fullmatch(media_type):
        media_type = "application/octet-stream"
    return media_type or "text/plain", content


def _bounded(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(
                "data_uri_too_large", f"The data: URI holds more than {max_bytes} bytes; send a smaller file."
            )
        yield chunk


def _unquoted(uri: str, start: int) -> Iterator[bytes]:
    """The payload from `start` on as octets, without percent-encoding; no escape is cut by the end of a piece."""
    while start < len(uri):
        end = min(start + PIECE, len(uri))
        escape = uri.rfind("%", end - 2, end) if end < len(uri) else -1
        end = escape if escape > start else end
        try:
            piece = uri[start:end].encode("ascii")
        except UnicodeEncodeError as error:
            raise Invalid("data_uri", "The data: URI holds characters beyond ASCII; percent-encode them.") from error
        yield _unescaped(piece)
        start = end


def _unescaped(piece: bytes) -> bytes:
    """Undo percent-encoding (RFC 3986, 2.1) by the decoder of quoted-printable: the same escapes after an = sign.

    `urllib` splits at each %: seconds of time, and 80 bytes of memory for a byte of content.
    """
    if b"%" not in piece:
        return piece
    if _BROKEN_ESCAPE.search(piece):
        raise Invalid("data_uri", "The data: URI holds a % that two hexadecimal digits do not follow; write it %25.")
    return a2b_qp(piece.replace(b"=", b"%3D").replace(b"%", b"="))


def _from_base64(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The octets of base64 in pieces: what is left of a group of four goes to the next piece."""
    rest, padded = b"", False
    for piece in pieces:
        text, padding = _plain_base64(piece)
        if padded and text:
            raise _no_base64()
        padded = padded or padding
        text = rest + text
        whole = len(text) - len(text) % 4
        rest = text[whole:]
        yield a2b_base64(text[:whole])
    try:
        yield a2b_base64(rest + b"=" * (-len(rest) % 4))
    except Base64Error as error:
        raise Invalid("data_uri", "The data: URI is not base64: its length shows that a part is missing.") from error


def _plain_base64(piece: bytes) -> tuple[bytes, bool]:
    """A piece in the standard alphabet without white space, and whether padding ended it."""
    if not piece.translate(None, _ALPHABET):
        return piece, False
    text = piece.translate(_URL_SAFE, _WHITESPACE)
    bare = text.rstrip(b"=")
    if bare.translate(None, _ALPHABET):
        raise _no_base64()
    return bare, len(bare) < len(text)


def _no_base64() -> Invalid:
    return Invalid("data_uri", "The data: URI is not base64: it holds a character that base64 does not have.")
