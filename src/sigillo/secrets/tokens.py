"""Values that grant access to whoever holds them."""

import secrets

_OCTETS = 16


def new_value() -> str:
    """A new token: 32 lowercase hexadecimal digits, 128 bits from the operating system's generator."""
    return secrets.token_hex(_OCTETS)


def mask(value: str) -> str:
    """What is shown in place of a secret: eight stars, whatever its length. An empty value stays empty."""
    return "********" if value else value
