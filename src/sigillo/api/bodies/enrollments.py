"""POST enroll, and what activates a request."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Address, Body, Ignored, Text150, Text200
from sigillo.api.bodies.identities import ProviderData
from sigillo.api.values import check_web_address
from sigillo.flows.enroll import NewEnrollment
from sigillo.identities.providers.table import ENROLLED

EnrolledId = Annotated[str, Meta(max_length=40, extra_json_schema={"enum": list(ENROLLED)})]
Code = Annotated[str, Meta(min_length=1, max_length=100)]


class EnrollBody(Body):
    """A request for an identity; the flow knows the fields of `provider_data`."""

    user: Text150
    provider_id: EnrolledId
    label: Text200 | None = None
    provider_data: ProviderData | None = None
    registered_by: Text150 | None = None
    urlback: Address | None = None

    id: Ignored = IGNORED
    status: Ignored = IGNORED
    next: Ignored = IGNORED
    actions: Ignored = IGNORED
    provider: Ignored = IGNORED
    provider_type: Ignored = IGNORED
    enroll_ticket: Ignored = IGNORED
    created_by: Ignored = IGNORED
    identity: Ignored = IGNORED

    def to_new(self) -> NewEnrollment:
        """What the flow wants to know."""
        return NewEnrollment(
            user=self.user,
            provider_id=self.provider_id,
            label=self.label or "",
            provider_data=self.provider_data or {},
            registered_by=self.registered_by or "",
            urlback=check_web_address("urlback", self.urlback or ""),
        )


class CodeBody(Body):
    """The one-time password that was sent."""

    otp: Code


class EmptyBody(Body):
    """Nothing is asked for but the action itself."""
