"""What an answer shows in place of a secret."""

from collections.abc import Mapping

MASK = "********"
# Any other header may be a credential, whatever its name.
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with the values hidden that could be credentials."""
    return {name: value if name.lower() in _HARMLESS else MASK for name, value in headers.items()}
