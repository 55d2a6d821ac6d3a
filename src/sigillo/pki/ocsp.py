"""What is asked about single certificates: requests of OCSP, read (RFC 6960 §4.1; its profile RFC 5019; RFC 8954)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1

from sigillo.base.errors import Invalid

HASHES = frozenset({"sha1", "sha256"})
"""How an issuer may be named. SHA-1 is an index here, not a proof, and the only one that RFC 5019 knows."""
MAX_CERTIFICATES = 16
"""How many certificates one request may ask about; RFC 5019 §2.1.1 has requests for one only."""
_NONCE = range(1, 33)  # octets, RFC 8954 §2.1
_SERIALS = range(1 << 160)  # RFC 5280 §4.1.2.2: at most 20 octets
# What asn1crypto raises for malformed DER, which it reads as late as it can.
_UNREADABLE = (ValueError, TypeError, KeyError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class CertificateId:
    """The certificate that is asked about, by the hashes of its issuer and its number (RFC 6960 §4.1.1).

    `algorithm` made the two hashes, over the issuer's name and its key; it is spelled as asn1crypto does. `encoded` is
    the whole as it was asked, for the answer to repeat: some clients compare octets.
    """

    algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    encoded: bytes

    def names_issuer(self, certificate: bytes) -> bool:
        """Whether the issuer is the authority with this certificate (DER); never, by a hash that is not in HASHES."""
        if self.algorithm not in HASHES:
            return False
        return (self.issuer_name_hash, self.issuer_key_hash) == issuer_hashes(certificate, self.algorithm)


@dataclass(frozen=True, slots=True)
class Question:
    """A request as far as it is heeded: the certificates in its order, and the nonce, if it has one."""

    certificates: tuple[CertificateId, ...]
    nonce: bytes | None = None


def read_question(der: bytes) -> Question:
    """Read a request (DER). Its signature and the name of who asks are optional, and not looked at.

    Raises Invalid (`ocsp_request_malformed`) where it is no request, asks about no certificate or more than
    MAX_CERTIFICATES, has a nonce that is not of 1 to 32 octets (RFC 8954 §2.1), or a critical extension other than
    the nonce.
    """
    try:
        return _read(ocsp.OCSPRequest.load(der, strict=True)["tbs_request"])
    except _UNREADABLE as error:
        raise _malformed(f"its octets are no OCSP request in DER ({type(error).__name__})") from error


def _read(request: ocsp.TBSRequest) -> Question:
    entries = list(request["request_list"])
    if not 1 <= len(entries) <= MAX_CERTIFICATES:
        raise _malformed(f"it asks about {len(entries)} certificates; ask about 1 to {MAX_CERTIFICATES}")
    for entry in entries:
        _refuse_critical(entry["single_request_extensions"], understood="")
    _refuse_critical(request["request_extensions"], understood="nonce")
    nonces = [extension["extn_value"].parsed.native for extension in _listed(request["request_extensions"], "nonce")]
    if any(len(nonce) not in _NONCE for nonce in nonces) or len(nonces) > 1:
        raise _malformed(f"its nonce has not {_NONCE[0]} to {_NONCE[-1]} octets")
    return Question(tuple(_certificate_id(entry["req_cert"]) for entry in entries), *nonces)


def _certificate_id(asked: ocsp.CertId) -> CertificateId:
    serial = asked["serial_number"].native
    if serial not in _SERIALS:
        raise _malformed("a serial number is negative or has more than 20 octets")
    return CertificateId(
        algorithm=asked["hash_algorithm"]["algorithm"].native,
        issuer_name_hash=asked["issuer_name_hash"].native,
        issuer_key_hash=asked["issuer_key_hash"].native,
        serial=serial,
        encoded=asked.dump(),
    )


def _listed(extensions: core.SequenceOf | core.Void, name: str) -> Iterator[core.Sequence]:
    if not isinstance(extensions, core.Void):
        yield from (extension for extension in extensions if extension["extn_id"].native == name)


def _refuse_critical(extensions: core.SequenceOf | core.Void, understood: str) -> None:
    """Unknown extensions are ignored, unless their sender insists on them (RFC 6960 §4.1.2)."""
    for extension in () if isinstance(extensions, core.Void) else extensions:
        if extension["critical"].native and extension["extn_id"].native != understood:
            raise _malformed(f"its critical extension {extension['extn_id'].dotted} is not understood here")


@lru_cache(maxsize=64)
def issuer_hashes(certificate: bytes, algorithm: str) -> tuple[bytes, bytes]:
    """How a certificate (DER) is named as an issuer: its subject as encoded, and its key without frame (§4.1.1)."""
    issuer = asn1.Certificate.load(certificate)
    return _hash(algorithm, issuer.subject.dump()), _hash(algorithm, bytes(issuer.public_key["public_key"]))


def _hash(algorithm: str, octets: bytes) -> bytes:
    return hashlib.new(algorithm, octets, usedforsecurity=False).digest()


def _malformed(fault: str) -> Invalid:
    return Invalid("ocsp_request_malformed", f"The OCSP request is not usable: {fault}.")
