"""The providers of the contract, and what each must be told to associate an identity of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigillo.base.errors import Invalid


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: `fields` are the required strings of `provider_data`; `automatic` needs no person to sign.

    `client_data` is the field that tells its signing service more of the user than the name (CSC API, 7.4).
    """

    id: str
    name: str
    fields: tuple[str, ...]
    automatic: bool = False
    client_data: str = ""


PROVIDERS: dict[str, Provider] = {
    provider.id: provider
    for provider in (
        Provider("aruba", "Aruba", ("auth_domain", "username", "password"), client_data="auth_domain"),
        Provider(
            "aruba-auto",
            "Aruba automatic",
            ("auth_domain", "username", "password"),
            automatic=True,
            client_data="auth_domain",
        ),
        Provider("infocert", "InfoCert", ("username", "password")),
        Provider(
            "namirial",
            "Namirial",
            ("id_titolare", "id_otp", "username", "password"),
            client_data="id_titolare",
        ),
    )
}
SMS, APPROVAL, TOKEN = "sms", "st-approval", "token"
ENROLLED = {SMS: "One-time password", APPROVAL: "Approval by a RAO"}
"""Providers of identities that somebody enrolls for here; their certificates are the embedded authority's."""
SECRET_FIELDS = ("password",)
CREDENTIAL_FIELD = "credential_id"
"""An addition to the contract: which of a user's credentials at a signing service is meant. It is never shown."""
MAX_FIELD = 500


def find_provider(provider_id: str) -> Provider:
    """The provider of this id. Raises Invalid, naming the ones there are."""
    provider = PROVIDERS.get(provider_id)
    if provider is None:
        known = ", ".join(PROVIDERS)
        raise Invalid("unknown_provider", f"provider_id {provider_id!r} is not a provider; use one of {known}.")
    return provider


def name_of(provider_id: str) -> str:
    """What a person calls the provider."""
    provider = PROVIDERS.get(provider_id)
    return provider.name if provider else {**ENROLLED, TOKEN: "Physical token"}.get(provider_id, provider_id)


def type_of(provider_id: str) -> str:
    """Where the key is: `cloud`, or `token` for one that its holder carries."""
    return "token" if provider_id == TOKEN else "cloud"


def check_provider_data(provider: Provider, data: Mapping[str, object]) -> dict[str, str]:
    """The provider's fields, each a non-empty string, and the name of a credential where there is one.

    Raises:
        Invalid: a field is missing, of another type, too long or unknown; the message names it.
    """
    named = data.get(CREDENTIAL_FIELD) is not None
    given = (*provider.fields, CREDENTIAL_FIELD) if named else provider.fields
    unknown = sorted({*data} - {*provider.fields, CREDENTIAL_FIELD})
    if unknown:
        raise Invalid(
            "unknown_provider_field",
            f"provider_data.{unknown[0]} is not a field of {provider.id}; it takes {', '.join(provider.fields)}.",
        )
    for name in given:
        value = data.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_FIELD:
            need = "names a credential" if name == CREDENTIAL_FIELD else f"is required for {provider.id}"
            raise Invalid(
                "invalid_provider_data",
                f"provider_data.{name} {need}: a text of 1 to {MAX_FIELD} characters.",
            )
    return {name: str(data[name]) for name in given}
