"""What an answer shows in place of a secret."""

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

MASK = "********"
# Any other header may be a credential, whatever its name.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values hidden that could be credentials."""
    return {name: value if name.lower() in _HARMLESS else MASK for name, value in headers.items()}


def masked_address(address: str) -> str:
    """The address with the password hidden that it may carry before its host."""
    if "@" not in address or address[:5].lower() == "data:":
        return address
    parts = urlsplit(address)
    user, colon, _ = parts.netloc.rpartition("@")[0].partition(":")
    if not colon:
        return address
    return urlunsplit(parts._replace(netloc=f"{user}:{MASK}@{parts.netloc.rpartition('@')[2]}"))
