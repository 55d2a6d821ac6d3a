"""Moments as every answer writes them."""

from datetime import UTC, datetime


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, six decimals and a Z: what is shown can be asked for again exactly."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
