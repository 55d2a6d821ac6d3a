"""The operator's gateways: Apprise addresses, each with the place where the recipient goes. Pure."""

import re
from urllib.parse import quote, urlsplit

PLACE = "{to}"
IN_CLEAR = ("json", "xml", "form")
"""Services of Apprise that speak HTTP without TLS."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]+")


def parse_gateway(text: str) -> str:
    """The address itself once it has the form of one; an empty one means that there is no gateway.

    Raises:
        ValueError: it has not. The words never hold the address, which is a secret.
    """
    if not text:
        return text
    if not _ADDRESS.fullmatch(text) or _host(text) is None:
        raise ValueError("it is not an address such as Apprise reads.")
    if PLACE not in text:
        raise ValueError(f"it has no {PLACE}, where the recipient goes.")
    return text


def parse_mail_gateway(text: str) -> str:
    """As `parse_gateway`; the recipient, whose address names a host of his choice, does not choose the server."""
    if PLACE in (_host(parse_gateway(text)) or ""):
        raise ValueError(f"its {PLACE} stands where the mail server does.")
    return text


def addressed(gateway: str, to: str) -> str:
    """The gateway's address for one recipient."""
    return gateway.replace(PLACE, quote(to, safe=""))


def _host(text: str) -> str | None:
    """The host in an address, which may be empty; None where it cannot be read, for a reason that may quote it."""
    try:
        return urlsplit(text).netloc.rpartition("@")[2]
    except ValueError:
        return None
