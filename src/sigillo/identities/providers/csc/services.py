"""The signing services of this installation, by provider."""

from collections.abc import Mapping

from django.conf import settings

from sigillo.identities.providers.csc.values import Service


def find_service(provider_id: str) -> Service | None:
    """The service that the operator configured for a provider, if any."""
    services: Mapping[str, Service] = settings.SIGILLO_CSC
    return services.get(provider_id)
