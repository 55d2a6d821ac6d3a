"""The identities of an organization, and what can be done with one."""

from sigillo.api.bodies.enrollments import EmptyBody
from sigillo.api.bodies.identities import (
    AppearanceBody,
    CertificateBody,
    SendCodeBody,
    SignBody,
    TokenIdentityBody,
)
from sigillo.api.filters import lists
from sigillo.api.shapes.actions import SentShape, SignedShape
from sigillo.api.shapes.identities import IdentityShape, identity_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import check_web_address, read_identifier
from sigillo.base.errors import Invalid
from sigillo.credentials.permissions import Verb
from sigillo.flows.appearance import delete_appearance, set_appearance
from sigillo.flows.identities import delete_identity, list_identities, read_identity, unlock_identity
from sigillo.flows.perform_with_identity import perform_with_identity
from sigillo.flows.renew_certificate import renew_certificate
from sigillo.flows.signing_codes import send_signing_code
from sigillo.flows.token_identity import create_from_token
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal


def index(principal: Principal, listing: Listing) -> Items:
    """List the identities that the caller may see."""
    page = list_identities(principal, listing)
    return Items([identity_shape(identity) for identity in page.rows], page.total)


def create_token(principal: Principal, body: TokenIdentityBody) -> None:
    """Add the identity of a physical key, whose certificate is given and whose private key stays on it."""
    create_from_token(principal, body.certificate, label=body.label or "", data=body.data, user=body.user or None)


def read(principal: Principal, identity: str) -> IdentityShape:
    """Read one identity."""
    return identity_shape(read_identity(principal, read_identifier("identity", identity)))


def delete(principal: Principal, identity: str) -> str:
    """Delete an identity: its certificate is revoked, its key destroyed; what was signed with it stays valid."""
    delete_identity(principal, read_identifier("identity", identity))
    return "deleted"


def set_picture(principal: Principal, identity: str, body: AppearanceBody) -> IdentityShape:
    """Give an identity the picture that is seen in its signatures."""
    uri = check_web_address("signature_appearance_uri", body.signature_appearance_uri)
    if not uri:
        raise Invalid("invalid_address", "signature_appearance_uri is empty; give the address of a picture.")
    return identity_shape(set_appearance(principal, read_identifier("identity", identity), uri))


def delete_picture(principal: Principal, identity: str) -> IdentityShape:
    """Take an identity's picture away."""
    return identity_shape(delete_appearance(principal, read_identifier("identity", identity)))


def send_code(principal: Principal, identity: str, body: SendCodeBody) -> SentShape:
    """Have a one-time password sent to the identity's holder."""
    wanted = None if body.signatures is None else [read_identifier("signature", key) for key in body.signatures]
    return SentShape(sent_to=send_signing_code(principal, read_identifier("identity", identity), wanted))


def sign(principal: Principal, identity: str, body: SignBody) -> SignedShape:
    """Make one's own signature with an identity."""
    signature = perform_with_identity(
        principal,
        read_identifier("identity", identity),
        read_identifier("signature", body.signature_id),
        otp=body.otp or "",
        pin=body.pin or "",
    )
    return SignedShape(signature=str(signature.id), status=signature.status)


def update_certificate(principal: Principal, identity: str, body: CertificateBody) -> IdentityShape:
    """Renew an identity's certificate; the former one is superseded."""
    key = read_identifier("identity", identity)
    return identity_shape(renew_certificate(principal, key, body.certificate or ""))


def unlock(principal: Principal, identity: str, body: EmptyBody) -> IdentityShape:  # noqa: ARG001 - it has no fields
    """Unlock an identity after too many wrong passwords or codes."""
    return identity_shape(unlock_identity(principal, read_identifier("identity", identity)))


_ONE = "identities/<str:identity>"
_PICTURE = f"{_ONE}/appearance"
ROUTES = (
    Route("GET", "identities", Verb.READ_IDENTITY, index, IdentityShape, filters=lists.identities),
    Route(
        *("POST", "identities/create/token", Verb.ASSOCIATE_IDENTITY, create_token),
        body=TokenIdentityBody,
        status=201,
    ),
    Route("GET", _ONE, Verb.READ_IDENTITY, read, IdentityShape),
    Route("DELETE", _ONE, Verb.EDIT_IDENTITY, delete, str),
    Route("POST", _PICTURE, Verb.EDIT_IDENTITY, set_picture, IdentityShape, body=AppearanceBody),
    Route("DELETE", _PICTURE, Verb.EDIT_IDENTITY, delete_picture, IdentityShape),
    Route(
        *("POST", f"{_ONE}/send-otp", Verb.SEND_CODE, send_code, SentShape), body=SendCodeBody, body_may_be_empty=True
    ),
    Route("POST", f"{_ONE}/sign", Verb.PERFORM_SIGNATURE, sign, SignedShape, body=SignBody),
    Route(
        *("POST", f"{_ONE}/update-certificate", Verb.EDIT_IDENTITY, update_certificate, IdentityShape),
        body=CertificateBody,
        body_may_be_empty=True,
    ),
    Route(
        *("POST", f"{_ONE}/unlock", Verb.UNLOCK_IDENTITY, unlock, IdentityShape),
        body=EmptyBody,
        body_may_be_empty=True,
    ),
)
