"""What is answered about single certificates: responses of OCSP, by a delegate of the authority (RFC 6960 §4.2).

Put together with asn1crypto: cryptography's builder answers about one certificate only, and reads the clock itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1

from sigillo.pki.assembly import SIGNATURE_ALGORITHMS, instant
from sigillo.pki.crl import Reason, Revocation
from sigillo.pki.keys import LocalKey
from sigillo.pki.ocsp import CertificateId, issuer_hashes


class Refusal(Enum):
    """Why a request gets no answer (RFC 6960 §2.3), as asn1crypto spells it."""

    MALFORMED = "malformed_request"
    UNAUTHORIZED = "unauthorized"


class Standing(Enum):
    """What there is to say of a certificate that is not revoked (RFC 6960 §2.2); `unknown`: it was never issued."""

    GOOD = "good"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of one certificate of a request."""

    certificate: CertificateId
    standing: Standing | Revocation


@dataclass(frozen=True, slots=True)
class Delegate:
    """Who answers for an authority: the certificate that `issue_responder` made (DER), and its key."""

    certificate: bytes
    key: LocalKey


def refuse(why: Refusal) -> bytes:
    """The response that says why there is no answer, DER. It is not signed (RFC 6960 §2.3)."""
    der: bytes = ocsp.OCSPResponse({"response_status": why.value}).dump()
    return der


def sign_answers(
    delegate: Delegate,
    answers: Sequence[Answer],
    this_update: datetime,
    next_update: datetime,
    *,
    nonce: bytes | None = None,
) -> bytes:
    """The response with these answers, DER, signed over SHA-256, the delegate's certificate in it.

    The delegate's authority must be the one that the CertificateIds name. Times are aware, and written in whole
    seconds; the response was produced at `this_update`. `nonce` is the request's (§4.4.1).
    """
    begin, end = instant(this_update), instant(next_update)
    content = {
        "responder_id": ocsp.ResponderId("by_key", issuer_hashes(delegate.certificate, "sha1")[1]),
        "produced_at": begin,
        "responses": [_single(answer, begin, end) for answer in answers],
    }
    if nonce is not None:
        value = core.ParsableOctetString(core.OctetString(nonce).dump())
        content["response_extensions"] = [{"extn_id": "nonce", "extn_value": value}]
    data = ocsp.ResponseData(content).dump()
    response = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": ocsp.ResponseData.load(data),
            "signature_algorithm": {"algorithm": SIGNATURE_ALGORITHMS[delegate.key.algorithm]},
            "signature": delegate.key.sign(data),
            "certs": [asn1.Certificate.load(delegate.certificate)],
        }
    )
    envelope = {"response_type": "basic_ocsp_response", "response": core.ParsableOctetString(response.dump())}
    der: bytes = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": envelope}).dump()
    return der


def _single(answer: Answer, begin: datetime, end: datetime) -> ocsp.SingleResponse:
    single = ocsp.SingleResponse(
        {
            "cert_id": ocsp.CertId.load(answer.certificate.encoded),
            "cert_status": _status(answer.standing),
            "this_update": begin,
            "next_update": end,
        }
    )
    return ocsp.SingleResponse.load(single.dump())  # else each value around it would encode it anew


def _status(standing: Standing | Revocation) -> ocsp.CertStatus:
    if isinstance(standing, Standing):
        return ocsp.CertStatus(standing.value, standing.value)
    info: dict[str, object] = {"revocation_time": instant(standing.at)}
    if standing.reason is not Reason.UNSPECIFIED:
        info["revocation_reason"] = standing.reason.name.lower()
    return ocsp.CertStatus("revoked", ocsp.RevokedInfo(info))
