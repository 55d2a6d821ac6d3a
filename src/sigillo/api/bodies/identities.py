"""POST a user's wallet, and what is done with an identity."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Address, Body, Ignored, Scalar, Text150, Text200
from sigillo.flows.associate_identity import NewIdentity
from sigillo.identities.providers.table import PROVIDERS

ProviderId = Annotated[str, Meta(max_length=40, extra_json_schema={"enum": list(PROVIDERS)})]
_FIELDS = "; ".join(f"{provider.id}: {', '.join(provider.fields)}" for provider in PROVIDERS.values())
ProviderData = Annotated[dict[Text200, Scalar], Meta(max_length=50, description=f"Required are, of {_FIELDS}.")]


class IdentityBody(Body):
    """An identity that somebody holds at a provider; what is in `provider_data` is each provider's own."""

    provider_id: ProviderId
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


Certificate = Annotated[str, Meta(max_length=64 * 1024)]
Uuid = Annotated[str, Meta(pattern="^[0-9a-fA-F-]{32,36}$")]


class TokenIdentityBody(Body):
    """The certificate of a physical key, PEM or DER in base64; `user` for another than the caller."""

    certificate: Certificate
    label: Text200 | None = None
    data: ProviderData | None = None
    user: Text150 | None = None


class AppearanceBody(Body):
    """Where the picture is that is seen in the identity's signatures."""

    signature_appearance_uri: Address


class CertificateBody(Body):
    """The new certificate of a physical key; nothing where the key is here."""

    certificate: Certificate | None = None


class SendCodeBody(Body):
    """The signatures that the one-time password is for; without, all that wait for the identity's user."""

    signatures: Annotated[list[Uuid], Meta(min_length=1, max_length=1000)] | None = None


class SignBody(Body):
    """The signature to make, and the factor: a one-time password, the PIN that the provider was told, or both."""

    signature_id: Uuid
    otp: Annotated[str, Meta(max_length=100)] | None = None
    pin: Annotated[str, Meta(max_length=1000)] | None = None
