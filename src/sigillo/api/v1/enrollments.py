"""Enrollment requests."""

from sigillo.api.bodies.enrollments import CodeBody, EmptyBody, EnrollBody
from sigillo.api.filters import lists
from sigillo.api.shapes.actions import SentShape
from sigillo.api.shapes.enrollments import EnrollmentShape, enrollment_shape
from sigillo.api.v1.door import Items, Route
from sigillo.api.values import read_handle, read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows import enrollments as flows
from sigillo.flows.enroll import enroll
from sigillo.organizations.listing import Listing
from sigillo.organizations.principal import Principal

WHAT = "enrollment"


def index(principal: Principal, listing: Listing) -> Items:
    """List the enrollment requests that the caller may see."""
    page = flows.list_enrollments(principal, listing)
    return Items([enrollment_shape(row) for row in page.rows], page.total)


def index_of(principal: Principal, user: str, listing: Listing) -> Items:
    """List the enrollment requests of one user."""
    page = flows.list_enrollments_of(principal, read_handle(user), listing)
    return Items([enrollment_shape(row) for row in page.rows], page.total)


def submit(principal: Principal, body: EnrollBody) -> EnrollmentShape:
    """Submit an enrollment request; its user is made if there is none of this id."""
    return enrollment_shape(enroll(principal, body.to_new()))


def read(principal: Principal, enrollment: str) -> EnrollmentShape:
    """Read one enrollment request."""
    return enrollment_shape(flows.read_enrollment(principal, read_identifier(WHAT, enrollment)))


def delete(principal: Principal, enrollment: str) -> None:
    """Delete an enrollment request; an identity that it brought to life stays."""
    flows.delete_enrollment(principal, read_identifier(WHAT, enrollment))


def send_code(principal: Principal, enrollment: str, body: EmptyBody) -> SentShape:  # noqa: ARG001 - it has no fields
    """Send the one-time password of an `sms` request anew; the former one ends."""
    return SentShape(sent_to=flows.send_code(principal, read_identifier(WHAT, enrollment)))


def activate(principal: Principal, enrollment: str, body: CodeBody) -> EnrollmentShape:
    """Activate an `sms` request by the one-time password that was sent to its person."""
    return enrollment_shape(flows.activate_by_code(principal, read_identifier(WHAT, enrollment), body.otp))


def approve(principal: Principal, enrollment: str, body: EmptyBody) -> EnrollmentShape:  # noqa: ARG001 - no fields
    """Approve an `st-approval` request, which activates it."""
    return enrollment_shape(flows.approve(principal, read_identifier(WHAT, enrollment)))


def refuse(principal: Principal, enrollment: str, body: EmptyBody) -> EnrollmentShape:  # noqa: ARG001 - no fields
    """Refuse an enrollment request."""
    return enrollment_shape(flows.refuse(principal, read_identifier(WHAT, enrollment)))


_LIST = "identity-requests"
_ONE = f"{_LIST}/<str:enrollment>"
_OF_USER = f"users/<str:user>/{_LIST}"
ROUTES = (
    Route("GET", _LIST, Verb.READ_ENROLLMENT, index, EnrollmentShape, filters=lists.identities),
    Route("GET", _OF_USER, Verb.READ_ENROLLMENT, index_of, EnrollmentShape, filters=lists.identities),
    Route("POST", "enroll", Verb.SUBMIT_ENROLLMENT, submit, EnrollmentShape, body=EnrollBody, status=201),
    Route("GET", _ONE, Verb.READ_ENROLLMENT, read, EnrollmentShape),
    Route("DELETE", _ONE, Verb.DECIDE_ENROLLMENT, delete),
    Route(*("POST", f"{_ONE}/send-otp", Verb.SEND_CODE, send_code, SentShape), body=EmptyBody, body_may_be_empty=True),
    Route("POST", f"{_ONE}/activate", Verb.ACTIVATE_ENROLLMENT, activate, EnrollmentShape, body=CodeBody),
    Route(
        *("POST", f"{_ONE}/approve", Verb.DECIDE_ENROLLMENT, approve, EnrollmentShape),
        body=EmptyBody,
        body_may_be_empty=True,
    ),
    Route(
        *("POST", f"{_ONE}/refuse", Verb.DECIDE_ENROLLMENT, refuse, EnrollmentShape),
        body=EmptyBody,
        body_may_be_empty=True,
    ),
)
