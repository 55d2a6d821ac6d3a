"""What everybody may fetch of the embedded authority: certificates, and lists of the revoked ones.

Media types and file endings are those of RFC 5280 section 4.2.1.13 and RFC 2585.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from sigillo.flows import publish

HOUR = 3600


def root(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The root certificate, PEM: what a verifier is told to trust."""
    return _file(publish.root_certificate().encode("ascii"), "application/x-pem-file", HOUR)


def certificate(request: HttpRequest, authority: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """An authority's certificate, DER, where the certificates that it issued say it is."""
    return _file(publish.issuer_certificate(authority), "application/pkix-cert", HOUR)


def revocation_list(request: HttpRequest, authority: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """An authority's revocation list, DER; kept by caches for a minute only, so that a revocation is soon seen."""
    return _file(publish.revocation_list(authority), "application/pkix-crl", 60)


def _file(content: bytes, media_type: str, max_age: int) -> HttpResponse:
    headers = {"Cache-Control": f"public, max-age={max_age}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=media_type, headers=headers)
