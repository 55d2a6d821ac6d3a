"""OCSP requests, as clients make them and as none should."""

import base64
import secrets
from typing import Any

from asn1crypto import ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.ocsp import OCSPRequestBuilder

HASHED_BY: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}


def asked_about(certificate: bytes, issuer: bytes, algorithm: str = "sha1", nonce: bytes | None = None) -> bytes:
    """A request as cryptography makes it."""
    loaded = (x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer))
    builder = OCSPRequestBuilder().add_certificate(*loaded, HASHED_BY[algorithm])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def made_of(*serials: int, **parts: Any) -> bytes:
    """A request about these numbers, with whatever else is named put into its place."""
    named = {"hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": b"n" * 20, "issuer_key_hash": b"k" * 20}
    entries = [{"req_cert": {**named, "serial_number": serial}} for serial in serials]
    der: bytes = ocsp.OCSPRequest({"tbs_request": {"request_list": entries, **parts}}).dump()
    return der


def awkward(certificate: bytes, issuer: bytes) -> bytes:
    """A request whose base64 holds each character that has a meaning in an address: slash, plus and equals sign."""
    while True:
        request = asked_about(certificate, issuer, nonce=secrets.token_bytes(1 + secrets.randbelow(32)))
        if {"/", "+", "="} <= set(base64.b64encode(request).decode()):
            return request
