"""JSON from a column, in one order: PostgreSQL keeps the keys of an object in an order of its own."""

from typing import Any


def in_order(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The same value with the keys of every object sorted."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(item) for item in value] if isinstance(value, list) else value
