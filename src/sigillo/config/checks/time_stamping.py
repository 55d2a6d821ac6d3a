"""The configured time-stamping authorities: how they are called, and whether they stamp. Needs no Django."""

from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import urlsplit

from sigillo.config.checks.finding import Finding, note, weak
from sigillo.config.checks.surroundings import is_local
from sigillo.config.environment import Environment
from sigillo.identities.timestamp_services import StampingFault, ask
from sigillo.outbound.client import Outbound
from sigillo.outbound.policy import OutboundPolicy

TRIED = sha256(b"sigillo doctor").digest()


def time_stamping(settings: Environment) -> Iterator[Finding]:
    """Each authority has a digest to stamp; in production it is also told that there is none."""
    if not settings.tsa and settings.environment == "production":
        yield note(
            "no_timestamp_authority",
            "No time-stamping authority is configured: the profiles that end with -t are refused.",
            "Set SIGILLO_TSA_URLS if they are wanted.",
        )
    outbound = Outbound(OutboundPolicy(allow=settings.outbound_allow))
    for service in settings.tsa:
        parts = urlsplit(service.url)
        if service.password and parts.scheme != "https" and not is_local(parts.hostname or ""):
            yield weak(
                "timestamp_password_in_clear",
                f"The password for the time-stamping authority {service.name} travels in the clear.",
                "Give its https address in SIGILLO_TSA_URLS.",
            )
        try:
            ask(service, outbound, TRIED, settings.tsa_roots)
        except StampingFault as fault:
            yield weak(
                "timestamp_authority_unusable",
                f"The time-stamping authority {service.name} gives no time-stamp that holds now: {fault}",
                "Check its address in SIGILLO_TSA_URLS, SIGILLO_TSA_ROOTS if its certificate leads elsewhere, and "
                "SIGILLO_OUTBOUND_ALLOW if it is on a private address; else ask its provider.",
            )
