"""A signing service on loopback that speaks the CSC API: honest, unless a test tells it how to lie.

It shares no code with our client: what it takes and gives is written out from the specification, v1.0.4 and v2.0.0.2.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from sigillo.engine.types import Signer
from sigillo.identities.providers.csc.values import Auth, Service
from sigillo.pki.keys import LocalKey
from tests.outbound.servers import Reply, reply, serve
from tests.support.people import people

PIN = "bit4idtest"
OTP = "123456"
SHA256 = "2.16.840.1.101.3.4.2.1"
RSA_SHA256, RSA, ECDSA_SHA256 = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"

Answer = tuple[int, object]
Form = dict[str, Any]


@dataclass
class Held:
    """One credential: who it is, what it asks for, and what the service says of it."""

    signer: Signer
    pin: bool = True
    otp: bool = False
    algorithms: tuple[str, ...] = (RSA_SHA256, ECDSA_SHA256)
    mode: str = "explicit"
    enabled: bool = True
    status: str = "valid"
    expression: str = ""


@dataclass
class SigningService:
    """A running service, what it was asked, and the lies that it tells instead of an answer, by method."""

    version: Literal["v1", "v2"]
    auth: Auth
    credentials: dict[str, Held]
    lies: dict[str, Reply] = field(default_factory=dict)
    asked: list[tuple[str, Form]] = field(default_factory=list)
    authorized: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    provider: str = "aruba-auto"
    own_login: bool = False
    seconds: float = 5.0

    @property
    def service(self) -> Service:
        """As the operator of a Sigillo configures it."""
        own = ("sigillo", "client-s3cret") if self.auth == "oauth2client" or self.own_login else ("", "")
        token_url = f"{self.url}/oauth2/token" if self.auth == "oauth2client" else ""
        base = f"{self.url}/csc/{self.version}"
        return Service(self.provider, base, self.version, self.auth, *own, token_url, self.seconds)

    @property
    def methods(self) -> list[str]:
        """What was asked, in order."""
        return [method for method, _ in self.asked]

    def form(self, method: str) -> Form:
        """What the last call of a method brought."""
        return next(form for name, form in reversed(self.asked) if name == method)

    def answer(self, method: str, form: Form, authorization: str) -> Answer:
        """An honest answer."""
        if method == "info":
            return 200, {"specs": "2.0.0.2", "authType": [self.auth], "methods": sorted(METHODS), "name": "Test RSSP"}
        if method in ("oauth2/token", "auth/login"):
            return self._log_in(method, form, authorization)
        if self.auth != "external" and authorization != "Bearer t0ken":
            return 401, {"error": "invalid_token"}
        return METHODS[method](self, form)

    def _log_in(self, method: str, form: Form, authorization: str) -> Answer:
        client = {"grant_type": "client_credentials", "client_id": "sigillo", "client_secret": "client-s3cret"}
        login = "sigillo:client-s3cret" if self.own_login else f"robot:{PIN}"
        basic = f"Basic {base64.b64encode(login.encode()).decode()}"
        if form == client if method == "oauth2/token" else authorization == basic:
            return 200, {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600, "refresh_token": None}
        return 400, {"error": "authentication_error", "error_description": f"refused: {authorization}"}

    def _list(self, form: Form) -> Answer:
        of_login = self.auth == "basic" and not self.own_login
        if form.get("userID") != (None if of_login else "robot"):
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter userID"}
        return 200, {"credentialIDs": list(self.credentials)}

    def _info(self, form: Form) -> Answer:
        held = self.credentials.get(form["credentialID"])
        if held is None or form.get("authInfo") is not True:
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter credentialID"}
        chain = [held.signer.certificate, *(held.signer.chain if form["certificates"] == "chain" else ())]
        said: Form = {
            "description": None,
            "key": {"status": "enabled" if held.enabled else "disabled", "algo": list(held.algorithms), "len": 2048},
            "cert": {"status": held.status, "certificates": [base64.b64encode(der).decode() for der in chain]},
            "multisign": 1,
        }
        return 200, said | (_auth_v1(held) if self.version == "v1" else _auth_v2(held))

    def _send_otp(self, form: Form) -> Answer:
        right = form["credentialID"] in self.credentials
        if self.version == "v2":
            right = right and form["authObjectID"] == "OTP"
        return (204, None) if right else (400, {"error": "invalid_request"})

    def _authorize(self, form: Form) -> Answer:
        held = self.credentials[form["credentialID"]]
        given = form if self.version == "v1" else {part["id"]: part["value"] for part in form.get("authData", [])}
        for name, asked, right in (("PIN", held.pin, PIN), ("OTP", held.otp, OTP)):
            if given.get(name) != (right if asked else None):
                vague = "invalid_authentication_data"
                return 400, {"error": f"invalid_{name.lower()}" if self.version == "v1" else vague}
        digests = form["hash" if self.version == "v1" else "hashes"]
        if form["numSignatures"] != len(digests) or (self.version == "v2" and form["hashAlgorithmOID"] != SHA256):
            return 400, {"error": "invalid_request"}
        sad = f"sad-{len(self.authorized)}"
        self.authorized[sad] = digests
        return 200, {"SAD": sad, "expiresIn": 300}

    def _sign(self, form: Form) -> Answer:
        digests = form["hash" if self.version == "v1" else "hashes"]
        if self.authorized.pop(form["SAD"], None) != digests:
            return 400, {"error": "invalid_request", "error_description": "Hash is not authorized by the SAD"}
        algorithm = form["hashAlgo" if self.version == "v1" else "hashAlgorithmOID"]
        held = self.credentials[form["credentialID"]]
        if form["signAlgo"] not in held.algorithms or algorithm != SHA256:
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter signAlgo"}
        return 200, {"signatures": [signed(held.signer, digest) for digest in digests]}


METHODS: dict[str, Callable[[SigningService, Form], Answer]] = {
    "credentials/list": SigningService._list,
    "credentials/info": SigningService._info,
    "credentials/sendOTP": SigningService._send_otp,
    "credentials/getChallenge": SigningService._send_otp,
    "credentials/authorize": SigningService._authorize,
    "signatures/signHash": SigningService._sign,
}


def _auth_v1(held: Held) -> Form:
    asked = {True: "true", False: "false"}
    said = {"authMode": held.mode, "PIN": {"presence": asked[held.pin], "format": "A"}, "SCAL": "2"}
    return said | {"OTP": {"presence": asked[held.otp], "type": "online"}}


def _auth_v2(held: Held) -> Form:
    pin = {"type": "Password", "id": "PIN", "format": "A", "label": "PIN"}
    otp = {"type": "ChallengeResponse", "id": "OTP", "format": "N", "label": "Mobile OTP"}
    objects = [part for part, asked in ((pin, held.pin), (otp, held.otp)) if asked]
    return {"auth": {"mode": held.mode, "expression": held.expression or "PIN AND OTP", "objects": objects}}


def signed(signer: Signer, digest: str) -> str:
    """The signature over a digest, both in base64."""
    assert isinstance(signer.key, LocalKey)
    private, raw = signer.key.private, base64.b64decode(digest)
    if isinstance(private, rsa.RSAPrivateKey):
        value = private.sign(raw, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    else:
        value = private.sign(raw, ec.ECDSA(Prehashed(hashes.SHA256())))
    return base64.b64encode(value).decode()


@contextmanager
def signing_service(
    version: Literal["v1", "v2"] = "v1",
    auth: Auth = "oauth2client",
    held: Mapping[str, Held] | None = None,
    **more: Held,
) -> Iterator[SigningService]:
    """A service while the block runs; without credentials it holds one of RSA, `seal`."""
    credentials = {**(held or {}), **more}
    running = SigningService(version, auth, credentials or {"seal": Held(people().rsa)})

    def behave(handler: BaseHTTPRequestHandler) -> None:
        content = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        method = handler.path.removeprefix(f"/csc/{version}/").removeprefix("/")
        form = _read(content, handler.headers["Content-Type"])
        running.asked.append((method, form))
        if method in running.lies:
            running.lies[method](handler)
            return
        status, body = running.answer(method, form, handler.headers.get("Authorization", ""))
        reply(status, b"" if body is None else json.dumps(body).encode(), Content_Type="application/json")(handler)

    with serve(behave) as site:
        running.url = site.url("").rstrip("/")
        yield running


def _read(content: bytes, kind: str) -> Form:
    if kind == "application/x-www-form-urlencoded":
        return {name: values[0] for name, values in parse_qs(content.decode(), strict_parsing=True).items()}
    assert kind == "application/json"
    form: Form = json.loads(content)
    return form
