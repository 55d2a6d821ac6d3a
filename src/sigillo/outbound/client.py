"""The only HTTP client: every address that somebody else chose is called through here."""

from collections.abc import Iterator
from functools import cached_property
from http import HTTPStatus
from ssl import SSLContext

import requests
import urllib3

from sigillo.outbound.errors import OutboundError, OutboundFailed, OutboundRefused
from sigillo.outbound.policy import OutboundPolicy
from sigillo.outbound.redirects import STATUSES, follow
from sigillo.outbound.sockets import Passage, Resolver, system_resolver
from sigillo.outbound.targets import Target, read_target
from sigillo.outbound.tls import present, trust
from sigillo.outbound.transport import Session, credentials
from sigillo.outbound.values import Answer, Limits, Request, Sink

MAX_HEADER_BYTES = 65_536
_CHUNK = 65_536
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_TRY_AGAIN = frozenset({408, 425, 429})
_OWN_HEADERS = {"User-Agent": "Sigillo", "Accept": "*/*", "Accept-Encoding": "identity"}


class Outbound:
    """Calls what `policy` admits. Holds no connection between calls, so it can be shared by threads."""

    def __init__(self, policy: OutboundPolicy, resolver: Resolver = system_resolver) -> None:
        self.policy = policy
        self._resolver = resolver

    def fetch(self, request: Request, limits: Limits, sink: Sink) -> Answer:
        """Make one call, through at most `limits.max_redirects` redirects, and hand the body to `sink`.

        The body is handed over decompressed, and only that of a success (2xx); `sink` may have got part of it
        when an error comes. Raises OutboundRefused for a target that is not allowed, at any hop, and
        OutboundFailed for everything that goes wrong with one that is.
        """
        passage = Passage(self.policy, self._resolver, limits.total_seconds)
        for _ in range(limits.max_redirects + 1):
            target = read_target(request.url)
            context = self._context(request) if target.scheme == "https" else None
            with Session(passage, context) as session, _send(session, passage, request, target) as response:
                status = response.status_code
                if status not in STATUSES:
                    return _receive(response, passage, target, limits, sink)
            request = follow(request, target, status, response.headers.get("Location"))
        message = f"{target.name} redirects beyond the {limits.max_redirects} allowed; give the final URL."
        raise OutboundFailed("outbound_redirect", message, permanent=True, status=status)

    def _context(self, request: Request) -> SSLContext:
        if request.client_certificate is None:
            return self._anonymous
        context = trust(self.policy.authorities)
        present(context, request.client_certificate)
        return context

    @cached_property
    def _anonymous(self) -> SSLContext:
        return trust(self.policy.authorities)


def _send(session: Session, passage: Passage, request: Request, target: Target) -> requests.Response:
    """One hop, up to the headers of its answer."""
    passage.expect(target.name, MAX_HEADER_BYTES, f"answered with over {MAX_HEADER_BYTES} bytes of headers")
    headers = requests.structures.CaseInsensitiveDict(_OWN_HEADERS)
    headers.update(request.headers)
    try:
        prepared = session.prepare_request(
            requests.Request(
                request.method, target.url, headers, data=request.body or None, auth=credentials(request.auth)
            )
        )
    except ValueError as error:  # every requests.InvalidURL and InvalidHeader is one
        message = f"The request to {target.name} holds a header or URL that HTTP cannot carry."
        raise OutboundRefused("outbound_request", message) from error
    try:
        return session.send(prepared, stream=True, allow_redirects=False, timeout=passage.remaining())
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise _broken(target) from error


def _receive(response: requests.Response, passage: Passage, target: Target, limits: Limits, sink: Sink) -> Answer:
    status = response.status_code
    headers = {name.lower(): value for name, value in response.headers.items()}
    if not 200 <= status < 300:
        body = _explanation(response, passage, target, limits.error_bytes)
        raise _unsuccessful(target, status, body, headers.get("retry-after"))
    if not limits.max_bytes:
        return Answer(status, headers, target.url, 0)
    if headers.get("content-encoding", "").strip().lower() not in _CODINGS:
        message = f"{target.name} answered in a content encoding that was not asked for."
        raise OutboundFailed("outbound_encoding", message, permanent=True, status=status)
    too_large = f"answered with more than {limits.max_bytes} bytes"
    on_the_wire = 2 * limits.max_bytes + MAX_HEADER_BYTES  # twice, for the sizes between small chunks
    passage.expect(target.name, on_the_wire, too_large)
    size = 0
    for piece in _pieces(response, target):
        size += len(piece)
        if size > limits.max_bytes:
            message = f"{target.name} {too_large}."
            raise OutboundFailed("outbound_too_large", message, permanent=True, status=status)
        sink(piece)
    return Answer(status, headers, target.url, size)


def _pieces(response: requests.Response, target: Target) -> Iterator[bytes]:
    try:
        yield from response.raw.stream(_CHUNK, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _broken(target) from error


def _broken(target: Target) -> OutboundError:
    message = f"{target.name} broke off the answer, or did not answer in HTTP."
    return OutboundFailed("outbound_broken", message, permanent=False)


def _explanation(response: requests.Response, passage: Passage, target: Target, most: int) -> bytes:
    """The body of an unsuccessful answer; nothing where it was not asked for, or is longer than it may be."""
    if not most:
        return b""
    passage.expect(target.name, 2 * most + MAX_HEADER_BYTES, f"answered with more than {most} bytes of error")
    body = bytearray()
    for piece in _pieces(response, target):
        body += piece
        if len(body) > most:
            return b""
    return bytes(body)


def _unsuccessful(target: Target, status: int, body: bytes, retry_after: str | None) -> OutboundError:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "an unknown status"
    permanent = status < 500 and status not in _TRY_AGAIN
    message = f"{target.name} answered {status} ({phrase})."
    return OutboundFailed(
        "outbound_status", message, permanent=permanent, status=status, body=body, retry_after=retry_after
    )
