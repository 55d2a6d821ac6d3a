"""What is asked of a time-stamping authority (TSA): requests, written and read (RFC 3161 §2.4.1).

`tsa_answers` is the side of the authority, `tsa_tokens` that of whoever asks one and believes nothing.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from asn1crypto import tsp

from sigillo.base.errors import Invalid

DIGEST_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""How what is stamped may be hashed, with the octets of the digest; spelled as asn1crypto does."""
MAX_NONCE = 1 << 256
# What asn1crypto raises for malformed DER, which it reads as late as it can.
UNREADABLE = (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError)


class Failure(Enum):
    """Why a request gets no token (RFC 3161 §2.4.2, PKIFailureInfo), as asn1crypto spells it."""

    ALGORITHM = "bad_alg"
    FORMAT = "bad_data_format"
    POLICY = "unaccepted_policy"
    EXTENSION = "unaccepted_extensions"


class Unstampable(Invalid):
    """A request that the authority does not serve; `failure` is what its answer says."""

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__("timestamp_request_refused", f"The time-stamp request is refused: {message}.")
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Imprint:
    """The digest of what is stamped; `algorithm` is one of DIGEST_SIZES."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class StampRequest:
    """A request as far as it is heeded. `certificates`: whether the token is to carry the authority's own."""

    imprint: Imprint
    nonce: int | None = None
    certificates: bool = False
    policy: str | None = None


def write_request(asked: StampRequest) -> bytes:
    """The request in DER. Give a fresh nonce of 64 random bits or more, so that no old answer passes for the new."""
    content: dict[str, Any] = {
        "version": "v1",
        "message_imprint": imprint_of(asked.imprint),
        "cert_req": asked.certificates,
    }
    if asked.nonce is not None:
        content["nonce"] = asked.nonce
    if asked.policy is not None:
        content["req_policy"] = asked.policy
    der: bytes = tsp.TimeStampReq(content).dump()
    return der


def imprint_of(imprint: Imprint) -> tsp.MessageImprint:
    """The imprint as ASN.1 has it (RFC 3161 §2.4.1)."""
    algorithm = {"algorithm": imprint.algorithm}
    return tsp.MessageImprint({"hash_algorithm": algorithm, "hashed_message": imprint.digest})


def read_request(der: bytes, policy: str) -> StampRequest:
    """Read a request (DER) to an authority that stamps under `policy` alone.

    Raises Unstampable: it is no request, hashes with something else than DIGEST_SIZES, wants another policy, or
    carries an extension, all of which are unknown here (§2.4.1: a token is then not issued, critical or not).
    """
    try:
        request = _read(tsp.TimeStampReq.load(der, strict=True))
    except UNREADABLE as error:
        message = f"its octets are no request in DER ({type(error).__name__})"
        raise Unstampable(Failure.FORMAT, message) from error
    if request.policy not in (None, policy):
        raise Unstampable(Failure.POLICY, f"the policy {request.policy} is not that of this authority, {policy}")
    return request


def _read(request: tsp.TimeStampReq) -> StampRequest:
    if request["version"].native != "v1":
        raise Unstampable(Failure.FORMAT, "it is not of version 1")
    if request["extensions"].native:
        raise Unstampable(Failure.EXTENSION, "it carries an extension, and none is known here")
    nonce = request["nonce"].native
    if nonce is not None and not 0 <= nonce < MAX_NONCE:
        raise Unstampable(Failure.FORMAT, "its nonce is negative or has more than 32 octets")
    return StampRequest(
        imprint=_imprint(request["message_imprint"]),
        nonce=nonce,
        certificates=bool(request["cert_req"].native),
        policy=request["req_policy"].native,
    )


def _imprint(imprint: tsp.MessageImprint) -> Imprint:
    algorithm, digest = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
    if algorithm not in DIGEST_SIZES:
        raise Unstampable(Failure.ALGORITHM, f"{algorithm} is not accepted; hash with {', '.join(DIGEST_SIZES)}")
    if imprint["hash_algorithm"]["parameters"].native is not None:
        raise Unstampable(Failure.ALGORITHM, f"{algorithm} takes no parameters")
    if len(digest) != DIGEST_SIZES[algorithm]:
        raise Unstampable(Failure.FORMAT, f"{len(digest)} octets are no digest by {algorithm}")
    return Imprint(algorithm, digest)
