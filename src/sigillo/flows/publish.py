"""What the embedded authority shows to everybody: certificates, revocation lists, answers about single certificates.

In a sandbox it time-stamps, too.
"""

from uuid import UUID

from sigillo.identities import authority, responders, revocation_lists, timestamping
from sigillo.identities.responders import Response
from sigillo.pki.certificates import to_pem
from sigillo.pki.crl import Revocation
from sigillo.pki.ocsp_answers import Standing


def root_certificate() -> str:
    """The root certificate of this installation, PEM. Raises NotFound before `sigillo init`."""
    return to_pem(bytes(authority.root().certificate))


def issuer_certificate(authority_id: UUID) -> bytes:
    """An authority's certificate, DER, at the address that its certificates name (caIssuers)."""
    return bytes(authority.find_authority(authority_id).certificate)


def revocation_list(authority_id: UUID) -> bytes:
    """An authority's current revocation list, DER."""
    return revocation_lists.revocation_list(authority_id)


def certificate_status(authority_id: UUID, request: bytes) -> Response:
    """What an authority answers to an OCSP request (DER); also that it cannot read it, or speaks for another."""
    return responders.answer(authority_id, request)


def timestamp(request: bytes) -> bytes:
    """What the time-stamping authority answers to a request (DER); in production there is none, which is NotFound."""
    return timestamping.answer(request)


def certificate_standing(certificate: bytes) -> Standing | Revocation:
    """Whether a certificate (DER), or an authority above it, was revoked by this installation, if it issued it."""
    return authority.standing_of(certificate)
