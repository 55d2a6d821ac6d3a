"""The configured signing services: how they are called, and what they say of themselves. Needs no Django."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from sigillo.config.checks.finding import Finding, weak
from sigillo.config.checks.surroundings import is_local
from sigillo.config.environment import CSC_NAMES, Environment
from sigillo.identities.providers.csc.answers import Info
from sigillo.identities.providers.csc.client import Client
from sigillo.identities.providers.csc.errors import ServiceFault
from sigillo.identities.providers.csc.values import Service
from sigillo.outbound.client import Outbound
from sigillo.outbound.policy import OutboundPolicy

PATIENCE_SECONDS = 5.0
METHODS = ("credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash")


def signing_services(settings: Environment) -> Iterator[Finding]:
    """Each service: whether passwords travel to it in the clear, whether it answers, and what it lacks."""
    outbound = Outbound(OutboundPolicy(allow=settings.outbound_allow))
    for service in settings.csc.values():
        names, parts = CSC_NAMES[service.provider], urlsplit(service.url)
        if parts.scheme != "https" and not is_local(parts.hostname or ""):
            yield weak(
                "signing_service_not_https",
                f"Passwords travel in the clear to the signing service of {service.provider}.",
                f"Give its https address in {names['URL']}.",
            )
        try:
            info = Client(replace(service, seconds=PATIENCE_SECONDS), outbound).info()
        except ServiceFault as error:
            yield weak(
                "signing_service_unusable",
                f"The signing service of {service.provider} cannot be used now: {error.reason}.",
                f"Check {names['URL']}, and SIGILLO_OUTBOUND_ALLOW if its address is private; else ask its provider.",
            )
            continue
        if lacks := _lacking(service, info):
            yield weak(
                "signing_service_lacks",
                f"The signing service of {service.provider} says that it does not offer {', '.join(lacks)}.",
                f"Check {names['URL']} and {names['AUTH']} against its documentation.",
            )


def _lacking(service: Service, info: Info) -> list[str]:
    """What the service would need to have, and by its own word has not."""
    wanted = [*METHODS, *(("auth/login",) if service.auth == "basic" else ())]
    lacking = [method for method in wanted if method not in info.methods]
    if service.auth not in info.auth_types:
        lacking.append(f"a login by {service.auth}")
    if not info.specs.startswith(f"{service.version[1:]}."):
        lacking.append(f"version {service.version[1:]} of the API")
    return lacking
