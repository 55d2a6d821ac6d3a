"""The main job as a client does it: over HTTP, with a token, and nothing else of ours."""

import base64
import http.client
import json
import secrets
import time
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from sigillo.cli.refusals import Refused

ORGANIZATION = "api-demo"
SIGNER = {"id": "archivio", "first_name": "Lucia", "last_name": "Ferrari", "email": "lucia@example.com"}
WHERE = {"page": 1, "position": "rect: 313, 100, 523, 157"}
PATIENCE_SECONDS = 30.0
_FIRST_ERROR = 400


class Tour:
    """One client of one server."""

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
        self._base = f"{parts.path}/api/v1/{ORGANIZATION}"
        self._root = parts.path
        self._token = token

    def wait_until_ready(self) -> None:
        """Return once the server answers that it can serve. Raises Refused when it does not in good time."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                status, _ = self._call("GET", f"{self._root}/readyz", None)
            except OSError:
                status = 0
            if status == http.client.OK:
                return
            time.sleep(0.2)
        raise Refused("the server did not become ready; its log lines say why.")

    def sign_sample(self, say: Callable[[str], None]) -> bytes:
        """Have the bundled sample signed by an automatic signer, telling each step; the signed file."""
        password = secrets.token_urlsafe(12)
        self._post("/users", {**SIGNER, "automatic": True}, may_exist=True)
        say(f"  1  made the automatic signer  {SIGNER['id']}")
        data = {"auth_domain": "demo", "username": SIGNER["id"], "password": password}
        identity = self._post(
            f"/users/{SIGNER['id']}/wallet",
            {"provider_id": "aruba-auto", "label": "Quickstart", "provider_data": data},
        )
        say(f"  2  gave it a certificate      identity {identity['id']}")
        created = self._post("/signature-transactions", _transaction())
        say(f"  3  created the transaction    {created['id']}  {created['status']}")
        began = time.monotonic()
        pending = self._until_pending(created["id"])
        say(f"  4  the worker took the file   {pending['status']} after {time.monotonic() - began:.1f} s")
        document = pending["documents"][0]
        signature = document["groups"][0][0]
        began = time.monotonic()
        self._post(f"/signatures/{signature['id']}/perform", {"password": password})
        say(f"  5  signed it                  signature {signature['id']}, {time.monotonic() - began:.2f} s")
        signed = self._get(f"/documents/{document['id']}/download")
        say(f"  6  downloaded the signed PDF  {len(signed)} bytes")
        return signed

    def _until_pending(self, transaction: str) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            data: dict[str, Any] = json.loads(self._get(f"/signature-transactions/{transaction}"))["data"]
            if data["status"] != "waiting":
                return data
            if time.monotonic() > end:
                raise Refused(f"the transaction {transaction} still waits for its document; is the worker running?")
            time.sleep(0.1)

    def _post(self, path: str, body: dict[str, Any], *, may_exist: bool = False) -> dict[str, Any]:
        status, answer = self._call("POST", f"{self._base}{path}", json.dumps(body).encode())
        if may_exist and status == http.client.CONFLICT:
            return {}
        _check(status, answer)
        data: dict[str, Any] = json.loads(answer)["data"]
        return data

    def _get(self, path: str) -> bytes:
        status, answer = self._call("GET", f"{self._base}{path}", None)
        _check(status, answer)
        return answer

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json", "Connection": "close"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        finally:
            self._connection.close()


def _transaction() -> dict[str, Any]:
    content = resources.files("sigillo.cli").joinpath("samples/agreement.pdf").read_bytes()
    signature = {"signer": SIGNER["id"], "profile": "pades-bes", "reason": "For approval", "where": WHERE}
    document = {
        "display_name": "Service Agreement",
        "document_uri": "data:application/pdf;base64," + base64.b64encode(content).decode(),
        "groups": [[signature]],
    }
    return {"title": "Quickstart", "documents": [document]}


def _check(status: int, answer: bytes) -> None:
    if status < _FIRST_ERROR:
        return
    try:
        said = json.loads(answer)["meta"]["error_message"]
    except (ValueError, KeyError, TypeError):
        said = answer[:200].decode(errors="replace")
    raise Refused(f"the server answered {status}: {said}")
