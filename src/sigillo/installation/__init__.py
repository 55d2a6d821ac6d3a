"""This installation's own instruments, each built once from the settings and then shared by the process.

Settings become keys, storage and a client here and nowhere else, so that the floors above ask for what they
need by name and the instruments below stay free of Django.
"""

from functools import cache
from pathlib import Path

from django.conf import settings

from sigillo.blobs.store import Blobs, open_store
from sigillo.outbound.client import Outbound
from sigillo.outbound.policy import OutboundPolicy
from sigillo.secrets.sealing import Keyring


@cache
def keyring() -> Keyring:
    """The keys under which everything secret is sealed; they are not in the database."""
    if settings.SIGILLO_MASTER_KEY:
        return Keyring.parse(settings.SIGILLO_MASTER_KEY)
    return Keyring.load(settings.SIGILLO_HOME / "master.key")


@cache
def blobs() -> Blobs:
    """Where documents are kept, by digest."""
    return open_store(settings.SIGILLO_BLOBS, settings.SIGILLO_HOME / "transit", settings.SIGILLO_S3_KEYS)


@cache
def outbound() -> Outbound:
    """The only HTTP client that calls addresses chosen by somebody else."""
    return Outbound(OutboundPolicy(allow=settings.SIGILLO_OUTBOUND_ALLOW))


def cache_folder() -> Path:
    """A folder of this machine's for what can be made anew at any time."""
    return Path(settings.SIGILLO_HOME) / "cache"


def message_gateway(channel: str) -> str:
    """The operator's gateway for messages by `sms` or `email`, an Apprise address; empty where there is none."""
    return str({"sms": settings.SIGILLO_SMS_URL, "email": settings.SIGILLO_MAIL_URL}[channel])


def public_url(path: str = "") -> str:
    """The absolute address of `path` (which starts with a slash) as others reach it."""
    return f"{settings.SIGILLO_PUBLIC_URL}{path}"


def pki_url() -> str:
    """What the addresses in certificates begin with: the public address, unless a plainer one is set for them."""
    return str(settings.SIGILLO_PKI_URL or settings.SIGILLO_PUBLIC_URL)


def is_sandbox() -> bool:
    """Whether this installation is for trying things out: the embedded authority answers for every provider."""
    return bool(settings.SIGILLO_ENVIRONMENT == "sandbox")
