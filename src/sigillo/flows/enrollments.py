"""Enrollment requests after they were submitted: looked at, activated, approved, refused, deleted."""

from uuid import UUID

from django.db import transaction

from sigillo.base.clock import now
from sigillo.base.errors import Conflict, Invalid, NotFound
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.flows.activate import activate, open_requests
from sigillo.flows.enrollment_codes import send_activation_code
from sigillo.flows.identities import retire
from sigillo.flows.read_users import find_user
from sigillo.flows.voice import about_organization, actor
from sigillo.identities import one_time_passwords
from sigillo.identities.access import access_enrollment, visible_enrollments
from sigillo.identities.models import Enrollment, Identity, OneTimePassword
from sigillo.identities.one_time_passwords import for_enrollment
from sigillo.identities.providers.table import APPROVAL, SMS
from sigillo.journal.record import record
from sigillo.organizations.listing import Listed, Listing, take_page
from sigillo.organizations.principal import Principal
from sigillo.organizations.tally import Counted, count_in, total

NEWEST_FIRST = ("-created", "id")


def list_enrollments(principal: Principal, listing: Listing) -> Listed[Enrollment]:
    """A page of the requests that the principal may see. Raises NotFound past the end."""
    own_only = check_permission(principal, Verb.READ_ENROLLMENT) is Scope.OWN
    count = None if own_only else lambda: total(principal.organization_id, Counted.ENROLLMENTS)
    return take_page(visible_enrollments(principal, own_only=own_only), listing, order=NEWEST_FIRST, count=count)


def list_enrollments_of(principal: Principal, handle: str, listing: Listing) -> Listed[Enrollment]:
    """A page of one user's requests. Raises NotFound for the user, and past the end."""
    own_only = check_permission(principal, Verb.READ_ENROLLMENT) is Scope.OWN
    user = find_user(principal, handle, own_only=own_only)
    rows = visible_enrollments(principal, own_only=own_only).filter(user=user)
    return take_page(rows, listing, order=NEWEST_FIRST)


def read_enrollment(principal: Principal, enrollment_id: UUID) -> Enrollment:
    """One request. Raises NotFound where there is none of this id for this principal."""
    own_only = check_permission(principal, Verb.READ_ENROLLMENT) is Scope.OWN
    return access_enrollment(principal, enrollment_id, own_only=own_only)


def send_code(principal: Principal, enrollment_id: UUID) -> str:
    """Send the code of a request anew; the masked telephone number. Raises as `send_activation_code`, and NotFound."""
    own_only = check_permission(principal, Verb.SEND_CODE) is Scope.OWN
    row = access_enrollment(principal, enrollment_id, own_only=own_only)
    return send_activation_code(row, actor=actor(principal))


def activate_by_code(principal: Principal, enrollment_id: UUID, code: str) -> Enrollment:
    """Activate a request of `sms` by the one-time password that was sent for it.

    Raises:
        NotFound: there is no such request for this principal.
        Conflict: it is not open.
        Invalid: it waits for a RAO, and not for a code.
        Forbidden: the code is wrong, used, expired, or the identity locked.
    """
    own_only = check_permission(principal, Verb.ACTIVATE_ENROLLMENT) is Scope.OWN
    row = access_enrollment(principal, enrollment_id, own_only=own_only)
    activate_with(row, code, who=actor(principal))
    return access_enrollment(principal, row.id, own_only=own_only)


def activate_with(row: Enrollment, code: str, *, who: str) -> None:
    """Activate an open request of `sms` by its code. Raises like `activate_by_code`."""
    check_pending(row)
    if row.provider_id != SMS:
        raise Invalid("awaits_approval", "This request waits for the approval of a RAO, and not for a code.")
    one_time_passwords.check(row.identity, OneTimePassword.Purpose.ACTIVATE, for_enrollment(row.id), code, actor=who)
    activate(row, actor=who, factor="otp")


def approve(principal: Principal, enrollment_id: UUID) -> Enrollment:
    """Approve a request of `st-approval`, which activates it.

    Raises:
        NotFound: there is no such request for this principal.
        Conflict: it is not open.
        Invalid: its person activates it by a code.
    """
    row = _decidable(principal, enrollment_id)
    if row.provider_id != APPROVAL:
        raise Invalid("awaits_code", "The person activates this request by a one-time password; it takes no approval.")
    activate(row, actor=actor(principal), factor="approval")
    return access_enrollment(principal, row.id, own_only=False)


def refuse(principal: Principal, enrollment_id: UUID) -> Enrollment:
    """Refuse an open request: it and its identity become errors.

    Raises:
        NotFound: there is no such request for this principal.
        Conflict: it is not open.
    """
    row = _decidable(principal, enrollment_id)
    with transaction.atomic():
        if not open_requests(row).update(status=Enrollment.Status.ERROR):
            raise closed(row)
        Identity.objects.filter(id=row.identity_id).update(status=Identity.Status.ERROR)
        _say(principal, "enrollment.refused", row)
    return access_enrollment(principal, row.id, own_only=False)


def delete_enrollment(principal: Principal, enrollment_id: UUID) -> None:
    """Delete a request; an identity that it did not bring to life goes with it, an active one stays.

    Raises:
        NotFound: there is no such request for this principal.
    """
    check_permission(principal, Verb.DECIDE_ENROLLMENT)
    row = access_enrollment(principal, enrollment_id, own_only=False)
    with transaction.atomic():
        gone = Enrollment.objects.filter(id=row.id, deleted_at=None, status=row.status)
        if not gone.update(deleted_at=now()):
            raise NotFound("enrollment_not_found", "There is no such enrollment request; check its id.")
        if row.status != Enrollment.Status.ACTIVE:
            retire(row.identity)
        _say(principal, "enrollment.deleted", row)
        count_in(row.organization_id, Counted.ENROLLMENTS, -1)


def check_pending(row: Enrollment) -> None:
    """Refuse a request that is not open. Raises Conflict."""
    if row.status != Enrollment.Status.PENDING:
        raise closed(row)


def closed(row: Enrollment) -> Conflict:
    """The refusal of a request that is over."""
    return Conflict("enrollment_closed", f"The request is {row.status}, and over; submit another one.")


def _decidable(principal: Principal, enrollment_id: UUID) -> Enrollment:
    check_permission(principal, Verb.DECIDE_ENROLLMENT)
    row = access_enrollment(principal, enrollment_id, own_only=False)
    check_pending(row)
    return row


def _say(principal: Principal, kind: str, row: Enrollment) -> None:
    data = {"enrollment": str(row.id), "identity": str(row.identity_id), "user": str(row.user_id)}
    record(about_organization(principal), kind, actor=actor(principal), data=data)
