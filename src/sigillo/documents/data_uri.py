"""Documents that come inside their own URI (RFC 2397)."""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp

from sigillo.base.errors import Invalid, TooLarge

_MAX_HEADER = 1024
_WHITESPACE = b" \t\r\n\f\v"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def decode_data_uri(uri: str, max_bytes: int) -> tuple[str, bytes]:
    """The media type, in lower case without parameters, and the bytes of a `data:` URI.

    Base64 may be broken by white space, unpadded or URL-safe (RFC 4648, 5), and percent-encoded on top; none of
    this can change what it means. Raises Invalid where the URI has no one meaning, and TooLarge above `max_bytes`.
    Takes a few times the size of the URI in memory, whatever is in it.
    """
    comma = uri.find(",", 0, _MAX_HEADER)
    scheme, _, header = uri[: max(comma, 0)].partition(":")
    if comma < 0 or scheme.strip().lower() != "data":
        raise Invalid("data_uri", "This is no data: URI; write it as data:application/pdf;base64,<content>.")
    media_type, *parameters = [part.strip().lower() for part in header.split(";")]
    try:
        payload = uri[comma + 1 :].encode("ascii")
    except UnicodeEncodeError as error:
        raise Invalid("data_uri", "The data: URI holds characters beyond ASCII; percent-encode them.") from error
    content = _unquoted(payload)
    if "base64" in parameters:
        content = _from_base64(content)
    if len(content) > max_bytes:
        raise TooLarge("data_uri_too_large", f"The data: URI holds more than {max_bytes} bytes; send a smaller file.")
    if media_type and not _MEDIA_TYPE.fullmatch(media_type):
        media_type = "application/octet-stream"
    return media_type or "text/plain", content


def _unquoted(payload: bytes) -> bytes:
    """Undo percent-encoding (RFC 3986, 2.1) by the decoder of quoted-printable: the same escapes after an = sign.

    `urllib` splits at each %: seconds of time, and 80 bytes of memory for a byte of content.
    """
    if b"%" not in payload:
        return payload
    if _BROKEN_ESCAPE.search(payload):
        raise Invalid("data_uri", "The data: URI holds a % that two hexadecimal digits do not follow; write it %25.")
    return a2b_qp(payload.replace(b"=", b"%3D").replace(b"%", b"="))


def _from_base64(text: bytes) -> bytes:
    if text.translate(None, _ALPHABET):
        text = text.translate(_URL_SAFE, _WHITESPACE).rstrip(b"=")
        if text.translate(None, _ALPHABET):
            raise Invalid("data_uri", "The data: URI is not base64: it holds a character that base64 does not have.")
    try:
        return a2b_base64(text + b"=" * (-len(text) % 4))
    except Base64Error as error:
        raise Invalid("data_uri", "The data: URI is not base64: its length shows that a part is missing.") from error
