"""What everybody may fetch of the embedded authority: certificates, lists of the revoked ones, answers about one.

Media types and file endings are those of RFC 5280 section 4.2.1.13 and RFC 2585; OCSP over HTTP is that of RFC 6960
appendix A and RFC 5019 sections 5 and 6, time-stamping that of RFC 3161 section 3.4.
"""

import base64
import binascii
from hashlib import sha256
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from sigillo.api.problems import method_not_allowed
from sigillo.base.errors import TooLarge, UnsupportedMedia
from sigillo.flows import publish
from sigillo.identities.responders import Response

HOUR = 3600
MINUTE = 60
MAX_QUESTION = 8 * 1024
"""Octets of an OCSP request, where one about sixteen certificates has two thousand, and of a time-stamp request."""


def root(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The root certificate, PEM: what a verifier is told to trust."""
    return _file(publish.root_certificate().encode("ascii"), "application/x-pem-file", HOUR)


def certificate(request: HttpRequest, authority: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """An authority's certificate, DER, where the certificates that it issued say it is."""
    return _file(publish.issuer_certificate(authority), "application/pkix-cert", HOUR)


def revocation_list(request: HttpRequest, authority: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """An authority's revocation list, DER; kept by caches for a minute only, so that a revocation is soon seen."""
    return _file(publish.revocation_list(authority), "application/pkix-crl", MINUTE)


def status_by_post(request: HttpRequest, authority: UUID) -> HttpResponse:
    """The answer to the OCSP request that is the body."""
    if request.method != "POST":
        return method_not_allowed(("POST",))
    if (request.content_type or "").lower() != "application/ocsp-request":
        raise UnsupportedMedia("not_an_ocsp_request", "The body must be declared as application/ocsp-request.")
    return _answer(_status(authority, request.read(MAX_QUESTION + 1)), shared=False)


def status_by_get(request: HttpRequest, authority: UUID, question: str) -> HttpResponse:
    """The answer to the OCSP request that stands in base64 at the end of the address, for caches on the way to keep."""
    if request.method not in ("GET", "HEAD"):
        return method_not_allowed(("GET", "HEAD"))
    return _answer(_status(authority, _decoded(question)), shared=True)


def timestamp(request: HttpRequest) -> HttpResponse:
    """The answer to the time-stamp request that is the body; also one that refuses is a 200."""
    if request.method != "POST":
        return method_not_allowed(("POST",))
    if (request.content_type or "").lower() != "application/timestamp-query":
        raise UnsupportedMedia("not_a_timestamp_query", "The body must be declared as application/timestamp-query.")
    question = request.read(MAX_QUESTION + 1)
    if len(question) > MAX_QUESTION:
        raise TooLarge("question_too_large", f"The time-stamp request is larger than {MAX_QUESTION} bytes.")
    answer = HttpResponse(publish.timestamp(question), content_type="application/timestamp-reply")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def _status(authority: UUID, question: bytes) -> Response:
    if len(question) > MAX_QUESTION:
        raise TooLarge("question_too_large", f"The OCSP request is larger than {MAX_QUESTION} bytes; ask about fewer.")
    return publish.certificate_status(authority, question)


def _decoded(question: str) -> bytes:
    """The request of an address whose percent signs the server has resolved: its `/`, `+` and `=` look the same now.

    What is no base64 is no request either, and is left for the responder to say so.
    """
    try:
        return base64.b64decode(question + "=" * (-len(question) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _answer(response: Response, *, shared: bool) -> HttpResponse:
    """Each answer is 200, also one that refuses (RFC 6960 A.2); only those that others may be given may be kept."""
    answer = HttpResponse(response.der, content_type="application/ocsp-response")
    answer["X-Content-Type-Options"] = "nosniff"
    if not shared or response.period is None:
        answer["Cache-Control"] = "no-store"
        return answer
    produced, end = response.period
    answer["Cache-Control"] = f"max-age={MINUTE}, public, no-transform, must-revalidate"
    answer["Last-Modified"] = http_date(produced.timestamp())
    answer["Expires"] = http_date(end.timestamp())
    answer["ETag"] = f'"{sha256(response.der).hexdigest()}"'
    return answer


def _file(content: bytes, media_type: str, max_age: int) -> HttpResponse:
    headers = {"Cache-Control": f"public, max-age={max_age}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=media_type, headers=headers)
