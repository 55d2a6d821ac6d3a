"""POST a user's wallet."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Body, Ignored, Scalar, Text40, Text200
from sigillo.flows.associate_identity import NewIdentity

ProviderData = Annotated[dict[Text200, Scalar], Meta(max_length=50)]


class IdentityBody(Body):
    """An identity that somebody holds at a provider; the flow knows each provider's own fields."""

    provider_id: Text40
    label: Text200 | None = None
    provider_data: ProviderData | None = None

    id: Ignored = IGNORED
    certificate: Ignored = IGNORED
    not_after: Ignored = IGNORED
    status: Ignored = IGNORED
    next: Ignored = IGNORED
    actions: Ignored = IGNORED
    provider: Ignored = IGNORED
    signature_appearance_uri: Ignored = IGNORED
    provider_type: Ignored = IGNORED
    provider_image: Ignored = IGNORED
    send_otp_url: Ignored = IGNORED
    sign_url: Ignored = IGNORED
    has_been_imported: Ignored = IGNORED

    def to_new(self) -> NewIdentity:
        """What the flow wants to know."""
        return NewIdentity(provider_id=self.provider_id, label=self.label or "", provider_data=self.provider_data or {})
