"""What is asked of the outside, within which bounds, and what came back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Sink = Callable[[bytes], None]
"""Takes the body piece by piece; what it raises ends the call and reaches the caller as it is."""


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """RFC 7617, in UTF-8."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DigestAuth:
    """RFC 7616 with qop=auth: sent only after the server's challenge."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What we present when a TLS server asks who we are: PEM texts, the leaf certificate first."""

    certificate: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. Everything but the URL and the method may be a secret, so it is kept out of `repr`."""

    url: str = field(repr=False)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: BasicAuth | DigestAuth | None = None
    client_certificate: ClientCertificate | None = None
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of the body *after* decompression; seconds from the look-up of the name to the last byte.

    Where `max_bytes` is 0, the status is all that is wanted of a success, and nothing of its body is read.
    `error_bytes` is the largest body of an unsuccessful answer that is kept, for services that say there why.
    """

    max_bytes: int
    total_seconds: float
    max_redirects: int = 0
    error_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A success (2xx): header names in lower case, the URL that answered last, the size of the body."""

    status: int
    headers: Mapping[str, str]
    url: str = field(repr=False)
    size: int
