"""The providers of the contract, and what each must be told to associate an identity of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigillo.base.errors import Invalid


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: `fields` are the required strings of `provider_data`; `automatic` needs no person to sign."""

    id: str
    name: str
    fields: tuple[str, ...]
    automatic: bool = False


PROVIDERS: dict[str, Provider] = {
    provider.id: provider
    for provider in (
        Provider("aruba", "Aruba", ("auth_domain", "username", "password")),
        Provider("aruba-auto", "Aruba automatic", ("auth_domain", "username", "password"), automatic=True),
        Provider("infocert", "InfoCert", ("username", "password")),
        Provider("namirial", "Namirial", ("id_titolare", "id_otp", "username", "password")),
    )
}
ENROLLED = {"sms": "One-time password", "st-approval": "Approval by a RAO"}
"""Providers of identities that somebody enrolls for here; their certificates are the embedded authority's."""
TOKEN = "token"  # noqa: S105 - a physical one
SECRET_FIELDS = ("password",)
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
    """The provider's fields, each a non-empty string.

    Raises:
        Invalid: a field is missing, of another type, too long or unknown; the message names it.
    """
    unknown = sorted(set(data) - set(provider.fields))
    if unknown:
        raise Invalid(
            "unknown_provider_field",
            f"provider_data.{unknown[0]} is not a field of {provider.id}; it takes {', '.join(provider.fields)}.",
        )
    for name in provider.fields:
        value = data.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_FIELD:
            raise Invalid(
                "invalid_provider_data",
                f"provider_data.{name} is required for {provider.id}: a text of 1 to {MAX_FIELD} characters.",
            )
    return {name: str(data[name]) for name in provider.fields}
