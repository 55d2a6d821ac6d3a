"""What is sent to a service, in the words of its version of the API."""

import base64
from collections.abc import Mapping

from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.answers import Credential
from sigillo.identities.providers.csc.values import Version

Form = Mapping[str, object]

SHA256 = "2.16.840.1.101.3.4.2.1"


def authorize_form(version: Version, credential: Credential, digest: bytes, presented: Presented) -> Form:
    """`credentials/authorize` (11.6) for one signature, bound to its digest, with the factors that are asked for."""
    factors = {credential.pin: presented.password, credential.otp: presented.otp}
    asked = {name: value for name, value in factors.items() if name}
    form = {"credentialID": credential.id, "numSignatures": 1}
    if version == "v1":
        return form | {"hash": [_base64(digest)]} | asked
    objects = [{"id": name, "value": value} for name, value in asked.items()]
    return form | {"hashes": [_base64(digest)], "hashAlgorithmOID": SHA256, "authData": objects}


def sign_form(version: Version, credential: Credential, digest: bytes, sad: str, algorithm: str) -> Form:
    """`signatures/signHash` (11.10)."""
    form = {"credentialID": credential.id, "SAD": sad, "signAlgo": algorithm}
    if version == "v1":
        return form | {"hash": [_base64(digest)], "hashAlgo": SHA256}
    return form | {"hashes": [_base64(digest)], "hashAlgorithmOID": SHA256}


def otp_form(version: Version, credential: Credential) -> tuple[str, Form]:
    """The method that has a one-time password sent, and its form: `sendOTP` in v1, `getChallenge` in v2 (11.8)."""
    if version == "v1":
        return "credentials/sendOTP", {"credentialID": credential.id}
    return "credentials/getChallenge", {"credentialID": credential.id, "authObjectID": credential.otp}


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
