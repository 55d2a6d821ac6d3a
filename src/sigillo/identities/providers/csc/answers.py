"""What services answer, as JSON and as values; v1.0.4 and v2 say the same in different words.

A parameter that is absent may also be null (7.1). What is not needed is not read.
"""

import base64
import binascii
from dataclasses import dataclass

from msgspec import Struct, field

from sigillo.base.errors import Invalid
from sigillo.pki.certificates import CertificateInfo, describe, from_pem_or_base64
from sigillo.pki.verification import chain_of

MAX_CERTIFICATES = 10
_ASKED = (True, "true")


class Info(Struct, frozen=True):
    """`info` (11.1)."""

    specs: str = ""
    auth_types: tuple[str, ...] = field(name="authType", default=())
    methods: tuple[str, ...] = ()


class Token(Struct, frozen=True):
    """`auth/login` (11.2) and `oauth2/token` (8.4.4)."""

    access_token: str


class CredentialList(Struct, frozen=True):
    """`credentials/list` (11.4)."""

    ids: tuple[str, ...] = field(name="credentialIDs")


class Activation(Struct, frozen=True):
    """`credentials/authorize` (11.6)."""

    sad: str = field(name="SAD")


class Signatures(Struct, frozen=True):
    """`signatures/signHash` (11.10)."""

    signatures: tuple[str, ...]


class _Key(Struct, frozen=True):
    algo: tuple[str, ...]
    status: str | None = None


class _Certificates(Struct, frozen=True):
    certificates: tuple[str, ...]
    status: str | None = None


class _Presence(Struct, frozen=True):
    presence: str | bool | None = None


class _AuthObject(Struct, frozen=True):
    type: str
    id: str
    generator: str | None = None


class _Auth(Struct, frozen=True):
    mode: str | None = None
    expression: str | None = None
    objects: tuple[_AuthObject, ...] | None = None


class CredentialInfo(Struct, frozen=True):
    """`credentials/info` (11.5): `authMode`, `PIN` and `OTP` are v1's, `auth` is v2's."""

    key: _Key
    cert: _Certificates
    auth_mode: str | None = field(name="authMode", default=None)
    pin: _Presence | None = field(name="PIN", default=None)
    otp: _Presence | None = field(name="OTP", default=None)
    auth: _Auth | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A key and its certificate at a service. Certificates are DER; `algorithms` are dotted OIDs.

    `facts` is what the certificate says, and `status` what the service says of it. `pin` and `otp` name what the
    service asks for before it signs; empty where it does not.
    """

    id: str
    certificate: bytes
    facts: CertificateInfo
    chain: tuple[bytes, ...]
    algorithms: frozenset[str]
    enabled: bool
    status: str
    mode: str
    pin: str
    otp: str


def read_credential(key: str, info: CredentialInfo) -> Credential:
    """The value of an answer. Raises Invalid for one whose certificates cannot be read."""
    if not 0 < len(info.cert.certificates) <= MAX_CERTIFICATES:
        raise Invalid("certificate_missing", f"A credential comes with 1 to {MAX_CERTIFICATES} certificates.")
    certificate, *others = (from_pem_or_base64(text) for text in info.cert.certificates)
    mode = (info.auth.mode if info.auth else info.auth_mode) or ""
    pin, otp = _factors_v2(info.auth) if info.auth else _factors_v1(info)
    return Credential(
        id=key,
        certificate=certificate,
        facts=describe(certificate),
        chain=chain_of(certificate, others),
        algorithms=frozenset(info.key.algo),
        enabled=info.key.status in (None, "enabled"),
        status=info.cert.status or "valid",
        mode=mode,
        pin=pin if mode in ("explicit", "") else "",
        otp=otp if mode in ("explicit", "") else "",
    )


def _factors_v1(info: CredentialInfo) -> tuple[str, str]:
    pin = "PIN" if info.pin and info.pin.presence in (*_ASKED, "optional") else ""
    return pin, "OTP" if info.otp and info.otp.presence in _ASKED else ""


def _factors_v2(auth: _Auth) -> tuple[str, str]:
    """The ids of the first object that is a lasting password and of the first that is a one-time one (8.3.1).

    Where the service leaves the choice, the lasting one will do.
    """
    lasting, passing = "", ""
    for known in auth.objects or ():
        if known.type == "ChallengeResponse" or known.id == "OTP" or known.generator:
            passing = passing or known.id
        elif known.type == "Password":
            lasting = lasting or known.id
    choice = {"OR", "XOR"} & set((auth.expression or "").replace("(", " ").replace(")", " ").split())
    return lasting, "" if choice and lasting else passing


def decoded(text: str) -> bytes:
    """The octets of base64, padded or not. Raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
