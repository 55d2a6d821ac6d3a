"""One call of a service: JSON there and back, and every way in which that fails turned into `errors`."""

import json
import logging
import re
from collections.abc import Mapping
from time import monotonic
from typing import TypeVar

import msgspec

from sigillo.identities.providers.csc.errors import Refusal, ServiceFault
from sigillo.identities.providers.csc.values import Service
from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundError
from sigillo.outbound.values import BasicAuth, Limits, Request

log = logging.getLogger("sigillo.csc")

T = TypeVar("T")

MAX_ANSWER = 262_144
MAX_EXCUSE = 16_384
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_WORD = re.compile(r"[a-z][a-z_]{0,39}")
_REASONS = {
    "outbound_timeout": "it did not answer in time",
    "outbound_too_large": "its answer is too large",
    "outbound_redirect": "it redirects to another address",
    "outbound_certificate": "its TLS certificate is not trusted",
    "outbound_request": "its login brought no token that HTTP can carry",
    "outbound_address": "its address is private and not opened by the operator",
    "outbound_port": "its port is not opened by the operator",
}


class _Excuse(msgspec.Struct, frozen=True):
    error: str = ""


class Transport:
    """The way to one service, for one operation: its calls share the time that the service has."""

    def __init__(self, service: Service, outbound: Outbound) -> None:
        self._service = service
        self._outbound = outbound
        self._end = monotonic() + service.seconds

    def ask(self, method: str, form: Mapping[str, object], kind: type[T], *, token: str = "") -> T:
        """Call a method of the API and read its answer. Raises ServiceFault, Refusal among them."""
        return self.read(method, self.send(method, form, token=token), kind)

    def send(self, method: str, form: Mapping[str, object], *, token: str = "", auth: BasicAuth | None = None) -> bytes:
        """Call a method of the API; the answer as it came."""
        headers = {"Content-Type": JSON, "Accept": JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
        url = f"{self._service.url}/{method}"
        return self.post(method, Request(url, "POST", headers, auth, body=json.dumps(form).encode()))

    def post(self, method: str, request: Request) -> bytes:
        """Make a request that stands for `method` in messages."""
        provider = self._service.provider
        left = round(max(self._end - monotonic(), 0.0), 2)
        content = bytearray()
        try:
            self._outbound.fetch(request, Limits(MAX_ANSWER, left, error_bytes=MAX_EXCUSE), content.extend)
        except OutboundError as error:
            log.warning("%s of the signing service of %s: %s", method, provider, error.message)
            if error.status is not None and 400 <= error.status < 500 and error.permanent:
                raise Refusal(provider, method, error.status, _word(error.body)) from error
            reason = f"it answered {error.status}" if error.code == "outbound_status" else "it cannot be reached"
            raise ServiceFault(provider, _REASONS.get(error.code, reason)) from error
        return bytes(content)

    def read(self, method: str, content: bytes, kind: type[T]) -> T:
        """The answer as a value."""
        try:
            return msgspec.json.decode(content, type=kind)
        except (ValueError, RecursionError) as error:  # every msgspec.DecodeError is a ValueError
            log.warning("%s of the signing service of %s: a malformed answer", method, self._service.provider)
            raise ServiceFault(self._service.provider, f"its answer to {method} is malformed") from error


def _word(body: bytes) -> str:
    """The `error` of an answer (10.2), as long as it is a word."""
    try:
        word = msgspec.json.decode(body, type=_Excuse).error
    except (ValueError, RecursionError):
        return ""
    return word if _WORD.fullmatch(word) else ""
