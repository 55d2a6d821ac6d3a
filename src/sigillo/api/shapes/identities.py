"""An identity of a wallet, in the contract's keys."""

from msgspec import Struct

from sigillo.api.shapes.fields import Identifier, IdentityStatusText, Moment
from sigillo.api.shapes.moments import moment
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Identity
from sigillo.identities.providers.table import name_of, type_of
from sigillo.installation import public_url


class ActionsShape(Struct):
    """Where to ask for a one-time password, renew the certificate, and sign; each is POST."""

    send_otp: str | None
    update_certificate: str | None
    sign: str | None


class IdentityShape(Struct):
    """A certificate of somebody, and what can be done with it. `certificate` is PEM, empty while there is none."""

    id: Identifier
    certificate: str
    not_after: Moment | None
    status: IdentityStatusText
    next: str | None
    actions: ActionsShape
    provider: str
    label: str
    signature_appearance_uri: str | None
    provider_id: str
    provider_type: str
    provider_data: dict[str, str]
    provider_image: str | None
    send_otp_url: str | None
    sign_url: str | None
    has_been_imported: bool


def identity_shape(identity: Identity) -> IdentityShape:
    """An identity whose organization, and enrollment where it has one, are at hand; secrets stay behind."""
    address = public_url(f"/api/v1/{identity.organization.slug}/identities/{identity.id}")
    send_otp, sign = f"{address}/send-otp", f"{address}/sign"
    return IdentityShape(
        id=str(identity.id),
        certificate=identity.certificate_pem,
        not_after=moment(identity.not_after) if identity.not_after else None,
        status=identity.status,
        next=next_step(identity),
        actions=ActionsShape(send_otp=send_otp, update_certificate=f"{address}/update-certificate", sign=sign),
        provider=name_of(identity.provider_id),
        label=identity.label,
        signature_appearance_uri=identity.appearance_uri or None,
        provider_id=identity.provider_id,
        provider_type=type_of(identity.provider_id),
        provider_data=open_provider_data(identity)[0],
        provider_image=None,
        send_otp_url=send_otp,
        sign_url=sign,
        has_been_imported=identity.has_been_imported,
    )


def next_step(identity: Identity) -> str | None:
    """The page where the person goes on; null where there is nothing to do."""
    if identity.status != Identity.Status.PENDING:
        return None
    return public_url(f"/{identity.enrollment.ticket}/enroll")
