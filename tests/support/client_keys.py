"""A key and a certificate for it, as callers give them for their own servers."""

from base64 import b64encode
from functools import cache
from textwrap import wrap

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.chain import signer


@cache
def client_key() -> str:
    """Bare base64 with blanks in it, as the samples of the contract write keys."""
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return " ".join(wrap(b64encode(der).decode(), 64))


@cache
def client_cert() -> str:
    """A certificate in the same form."""
    return " ".join(wrap(b64encode(signer().certificate).decode(), 64))
