"""What a caller may say about the request for his document, read once into values that hold no surprise."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sigillo.base.errors import Invalid
from sigillo.documents.client_certificates import certificates_from, key_from
from sigillo.outbound.values import BasicAuth, ClientCertificate, DigestAuth

METHODS = ("GET", "POST")
MAX_HEADERS = 50
MAX_HEADER_VALUE = 8192

_HTTP_OPTIONS = ("headers", "auth_username", "auth_password", "auth_mode", "client_key", "client_cert")
_URI_OPTIONS = ("method", "headers")
# Framing and hop-by-hop fields (RFC 9110, 7.6.1) are the client's own; Range and the conditions would bring
# something else than the document; an encoding is only undone where the client asked for it.
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"}
    | {"proxy-authorization", "proxy-authenticate", "proxy-connection", "accept-encoding", "range", "if-range"}
    | {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, 5.5


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How a document is asked for. Everything but the method may be a secret."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: BasicAuth | DigestAuth | None = None
    client_certificate: ClientCertificate | None = None


def options_from(
    http_options: Mapping[str, object] | None, document_uri_options: Mapping[str, object] | None
) -> FetchOptions:
    """Read a token's `http_options` and a document's `document_uri_options`, which override them.

    Raises Invalid that names the key; a message never repeats a value. An empty value is an absent one.
    """
    of_token = _known("http_options", http_options or {}, _HTTP_OPTIONS)
    of_document = _known("document_uri_options", document_uri_options or {}, _URI_OPTIONS)
    headers = _headers("http_options.headers", of_token.get("headers"))
    overriding = _headers("document_uri_options.headers", of_document.get("headers"))
    replaced = {name.lower() for name in overriding}
    kept = {name: value for name, value in headers.items() if name.lower() not in replaced}
    return FetchOptions(
        _method(of_document.get("method")), {**kept, **overriding}, _auth(of_token), _client_certificate(of_token)
    )


def _known(where: str, options: Mapping[str, object], names: tuple[str, ...]) -> Mapping[str, object]:
    for name in options:
        if name not in names:
            raise _invalid(f"{where}.{name}", f"is not an option; use {', '.join(names)}")
    return {name: value for name, value in options.items() if value not in (None, "", [])}


def _invalid(key: str, reason: str) -> Invalid:
    return Invalid("fetch_options", f"{key} {reason}.")


def _method(value: object) -> str:
    method = value.upper() if isinstance(value, str) else value
    if method not in (None, *METHODS):
        raise _invalid("document_uri_options.method", f"must be one of {', '.join(METHODS)}")
    return str(method or "GET")


def _headers(key: str, value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _invalid(key, "must be an object of header names and values")
    if len(value) > MAX_HEADERS:
        raise _invalid(key, f"holds more than {MAX_HEADERS} headers")
    return {str(name): _header(key, str(name), each) for name, each in value.items() if each is not None}


def _header(key: str, name: str, value: object) -> str:
    if not _TOKEN.fullmatch(name):
        raise _invalid(key, f"holds a name that HTTP does not allow: {name[:40]!r}")
    if name.lower() in _OURS:
        raise _invalid(f"{key}.{name}", "is set by Sigillo itself; leave it out")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _invalid(f"{key}.{name}", "must be a text")
    text = str(value).strip()
    if len(text) > MAX_HEADER_VALUE or not _VALUE.fullmatch(text):
        raise _invalid(f"{key}.{name}", "is too long, or holds characters that a header cannot carry")
    return text


def _text(options: Mapping[str, object], name: str) -> str | None:
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise _invalid(f"http_options.{name}", "must be a text")
    return value


def _auth(options: Mapping[str, object]) -> BasicAuth | DigestAuth | None:
    username, password = _text(options, "auth_username"), _text(options, "auth_password")
    mode = (_text(options, "auth_mode") or "basic").lower()
    if mode not in ("basic", "digest"):
        raise _invalid("http_options.auth_mode", "must be basic or digest")
    if username is None:
        if password is not None:
            raise _invalid("http_options.auth_username", "is missing beside auth_password")
        return None
    if mode == "basic" and ":" in username:
        raise _invalid("http_options.auth_username", "holds a colon, which basic authentication cannot carry")
    if not username.isprintable() or any(character in username for character in '"\\'):
        raise _invalid("http_options.auth_username", "holds control characters, a quote or a backslash")
    return (DigestAuth if mode == "digest" else BasicAuth)(username, password or "")


def _client_certificate(options: Mapping[str, object]) -> ClientCertificate | None:
    key, certificate = _text(options, "client_key"), _text(options, "client_cert")
    if key is None and certificate is None:
        return None
    if key is None or certificate is None:
        raise _invalid("http_options.client_key and client_cert", "go together; give both")
    return ClientCertificate(
        _read("http_options.client_cert", certificates_from, certificate),
        _read("http_options.client_key", key_from, key),
    )


def _read(name: str, reader: Callable[[str], str], text: str) -> str:
    try:
        return reader(text)
    except ValueError as error:
        raise _invalid(name, str(error)) from error
