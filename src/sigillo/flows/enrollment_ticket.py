"""What somebody may do who holds the ticket of an enrollment request: see it, and activate it by his code.

The ticket alone activates nothing: the one-time password, which went to the telephone, is needed.
"""

from uuid import UUID

from sigillo.base.errors import NotFound
from sigillo.flows.enrollment_codes import send_activation_code
from sigillo.flows.enrollments import activate_with
from sigillo.identities.access import find_by_ticket
from sigillo.identities.models import Enrollment
from sigillo.organizations.models import User


def open_ticket(ticket: UUID) -> Enrollment:
    """The request with its people, organization and identity.

    Raises:
        NotFound: there is none of this ticket, it was deleted, or its user is disabled.
    """
    row = find_by_ticket(ticket)
    if row is None or row.user.status != User.Status.ENABLED:
        raise NotFound("enrollment_not_found", "This link leads nowhere any more; ask for a new one.")
    return row


def activate_by_ticket(ticket: UUID, code: str) -> Enrollment:
    """Activate the request. Raises NotFound, and as `flows.enrollments.activate_with`."""
    row = open_ticket(ticket)
    activate_with(row, code, who=f"user:{row.user_id}")
    return open_ticket(ticket)


def resend_by_ticket(ticket: UUID) -> str:
    """Send the code anew; the masked telephone number. Raises NotFound, and as `send_activation_code`."""
    row = open_ticket(ticket)
    return send_activation_code(row, actor=f"user:{row.user_id}")
