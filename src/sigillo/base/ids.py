"""Identifiers of rows and of links: random, so that one tells nothing about another."""

from uuid import UUID, uuid4


def new_id() -> UUID:
    """A random UUID (RFC 9562, version 4): 122 bits from the operating system."""
    return uuid4()
