"""An enrollment request, in the contract's keys."""

from msgspec import Struct

from sigillo.api.shapes.fields import Identifier, IdentityStatusText
from sigillo.identities.keys import open_provider_data
from sigillo.identities.models import Enrollment
from sigillo.identities.providers.table import name_of, type_of
from sigillo.installation import public_url


class EnrollmentActionsShape(Struct):
    """Where to ask for a one-time password (POST), and the page where the person activates the identity."""

    send_otp: str | None
    activate: str | None


class EnrollmentShape(Struct):
    """Somebody's request for an identity. `identity` is the id of the one that was made, or will be."""

    id: Identifier
    status: IdentityStatusText
    next: str | None
    actions: EnrollmentActionsShape
    provider: str
    label: str
    provider_type: str
    user: str
    registered_by: str | None
    provider_data: dict[str, str]
    enroll_ticket: str
    created_by: str
    urlback: str | None
    provider_id: str
    identity: Identifier


def enrollment_shape(row: Enrollment) -> EnrollmentShape:
    """A request with its people, organization and identity at hand."""
    is_open = row.status == Enrollment.Status.PENDING
    ticket = public_url(f"/{row.ticket}/enroll")
    send_otp = public_url(f"/api/v1/{row.organization.slug}/identity-requests/{row.id}/send-otp")
    return EnrollmentShape(
        id=str(row.id),
        status=row.status,
        next=ticket if is_open else None,
        actions=EnrollmentActionsShape(
            send_otp=send_otp if is_open and row.provider_id == "sms" else None, activate=ticket if is_open else None
        ),
        provider=name_of(row.provider_id),
        label=row.label,
        provider_type=type_of(row.provider_id),
        user=row.user.handle,
        registered_by=row.registered_by.handle if row.registered_by else None,
        provider_data=open_provider_data(row.identity)[0],
        enroll_ticket=ticket,
        created_by=row.created_by,
        urlback=row.urlback or None,
        provider_id=row.provider_id,
        identity=str(row.identity_id),
    )
