"""The client certificate and key of `http_options`, brought into the one form that a TLS library reads.

Clients send PEM, PEM whose line breaks became spaces, or the bare base64 of the DER.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from textwrap import wrap

MAX_CHARACTERS = 65_536

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_KEY_FORMS = {  # the tags inside the outer SEQUENCE
    bytes([_INTEGER, _SEQUENCE]): "PRIVATE KEY",  # PKCS #8 (RFC 5958)
    bytes([_INTEGER, _INTEGER]): "RSA PRIVATE KEY",  # PKCS #1 (RFC 8017, A.1.2)
    bytes([_INTEGER, _OCTETS]): "EC PRIVATE KEY",  # SEC 1 (RFC 5915)
}


def certificates_from(text: str) -> str:
    """PEM of the certificates in `text`, in their order; raises ValueError with the reason.

    A key among them is refused, since certificates are shown in answers and keys are not.
    """
    if "PRIVATE KEY-----" in text:
        raise ValueError("holds a private key; give that in client_key alone")
    found = [_der(body) for label, body in _blocks(text) if label in ("", "CERTIFICATE")]
    if not found or any(_first_tag(der) != _SEQUENCE for der in found):
        raise ValueError("must be a certificate in PEM, or the base64 of its DER")
    return "".join(_armour("CERTIFICATE", der) for der in found)


def key_from(text: str) -> str:
    """PEM of the private key in `text`; raises ValueError with the reason, which never repeats the key."""
    found = [_der(body) for label, body in _blocks(text) if not label or label.endswith("PRIVATE KEY")]
    form = _KEY_FORMS.get(_tags(found[0])) if len(found) == 1 else None
    if form is None:
        raise ValueError("must be one unencrypted private key in PEM, or the base64 of its DER")
    return _armour(form, found[0])


def _blocks(text: str) -> list[tuple[str, str]]:
    """Label and body of each PEM block (RFC 7468); text that is no PEM is one body without a label."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"is longer than {MAX_CHARACTERS} characters")
    return _BLOCK.findall(text) if "-----" in text else [("", text)]


def _der(body: str) -> bytes:
    try:
        der = b64decode("".join(body.split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise ValueError("is not base64") from error
    if not der or der[0] != _SEQUENCE:
        raise ValueError("does not hold DER")
    return der


def _tags(der: bytes) -> bytes:
    """The tags of the first two values inside the outer SEQUENCE; both lengths are skipped, not trusted."""
    version = der[_inside(der) :][:3]  # a version is one byte in each of the forms
    return version[:1] + der[_inside(der) + 3 :][:1] if version[1:2] == b"\x01" else b""


def _first_tag(der: bytes) -> int | None:
    """The tag of the first value inside the outer SEQUENCE: of a certificate it is a SEQUENCE (RFC 5280, 4.1)."""
    return next(iter(der[_inside(der) :]), None)


def _inside(der: bytes) -> int:
    """Where the content of the outer SEQUENCE begins."""
    return 2 + (der[1] & 0x7F if der[1:2] >= b"\x80" else 0)


def _armour(label: str, der: bytes) -> str:
    lines = "\n".join(wrap(b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
