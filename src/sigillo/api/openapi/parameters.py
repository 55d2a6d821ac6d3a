"""What stands in a path and behind its question mark."""

from collections.abc import Iterable, Mapping
from typing import Any

from sigillo.api.filters.asked import MAX_CHOICES
from sigillo.api.filters.attributes import PARTS, Attribute, Kind
from sigillo.api.filters.reading import MAX_VALUE, ORDER, PREFIX
from sigillo.api.openapi.names import parts_of
from sigillo.api.openapi.schemas import Schema, reference
from sigillo.api.pagination import DEFAULT_SIZE
from sigillo.api.v1.door import Route
from sigillo.api.values import MOMENT

Parameter = dict[str, Any]
COMMA_LIST: Parameter = {"style": "form", "explode": False}
_PATH: dict[str, tuple[str, Schema]] = {
    "organization": ("The slug of the organization that the credential belongs to, or its uuid.", {"type": "string"}),
    "user": ("The id of the user, as whoever made it chose it.", {"type": "string"}),
    "group": ("The name of the group.", {"type": "string"}),
}

FILTERS: dict[str, Schema] = {
    "FilterText": {"type": "string", "maxLength": MAX_VALUE},
    "FilterTexts": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_CHOICES},
    "FilterFlag": {"title": "true or false", "type": "string", "enum": ["true", "false", "1", "0"]},
    "FilterMoment": {
        "title": "date and time",
        "type": "string",
        "description": "ISO 8601: minutes, seconds or fractions, T or a space, any offset; without one it is UTC.",
        "pattern": f"^(?:{MOMENT})$",
        "examples": ["2026-01-31T12:00:00Z"],
    },
    "FilterMoments": {"type": "array", "items": reference("FilterMoment"), "minItems": 1, "maxItems": MAX_CHOICES},
    "FilterRange": {"type": "array", "items": reference("FilterMoment"), "minItems": 2, "maxItems": 2},
    "FilterId": {"type": "string", "format": "uuid"},
    "FilterIds": {"type": "array", "items": reference("FilterId"), "minItems": 1, "maxItems": MAX_CHOICES},
    "FilterDate": {"type": "string", "format": "date"},
    **{
        f"Filter{part.capitalize()}": {"type": "integer", "minimum": low, "maximum": high}
        for part, (low, high) in PARTS.items()
    },
}
"""The types of filter values."""

LISTS: dict[str, Parameter] = {
    "page": {
        "name": "page",
        "in": "query",
        "description": "The page that is wanted, counted from 1; beyond the last one is a 404.",
        "schema": {"type": "integer", "minimum": 1, "default": 1},
    },
    "count": {
        "name": "count",
        "in": "query",
        "description": f"How many items a page holds; more than {DEFAULT_SIZE} means {DEFAULT_SIZE}.",
        "schema": {"type": "integer", "minimum": 1, "default": DEFAULT_SIZE},
    },
}
"""The parameters that all lists have."""

_OF_MOMENT = {
    "in": "FilterMoments",
    "range": "FilterRange",
    "isnull": "FilterFlag",
    "date": "FilterDate",
    **{part: f"Filter{part.capitalize()}" for part in PARTS},
}
_VALUES: dict[Kind, tuple[str, dict[str, str]]] = {
    Kind.TEXT: ("FilterText", {"in": "FilterTexts", "isnull": "FilterFlag"}),
    Kind.FLAG: ("FilterFlag", {}),
    Kind.IDENTIFIER: ("FilterId", {"in": "FilterIds", "isnull": "FilterFlag"}),
    Kind.MOMENT: ("FilterMoment", _OF_MOMENT),
}
"""The type of a value by the kind of its attribute, and where the lookup asks for another one."""


def path_parameters(route: Route) -> list[Parameter]:
    """What stands in the path."""
    return [_path_parameter(name) for name in parts_of(route)]


def list_parameters(attributes: Mapping[str, Attribute]) -> list[Parameter]:
    """What a list can be asked: its page, its order, and each attribute by each of its lookups."""
    shared = [{"$ref": f"#/components/parameters/{name}"} for name in LISTS]
    return [*shared, *_order(attributes), *_filters(attributes)]


def _path_parameter(name: str) -> Parameter:
    words, schema = _PATH.get(name, (f"The id of the {name.replace('_', ' ')}.", {"type": "string", "format": "uuid"}))
    return {"name": name, "in": "path", "required": True, "description": words, "schema": schema}


def _order(attributes: Mapping[str, Attribute]) -> list[Parameter]:
    names = [name for name, attribute in attributes.items() if attribute.order]
    if not names:
        return []
    values = [sign + name for name in names for sign in ("", "-")]
    items = {"type": "string", "enum": values}
    return [
        {
            "name": ORDER,
            "in": "query",
            "description": "The attributes by which items are put in order, the first counts most; - is descending.",
            "schema": {"type": "array", "items": items, "minItems": 1},
            **COMMA_LIST,
        }
    ]


def _filters(attributes: Mapping[str, Attribute]) -> Iterable[Parameter]:
    for name, attribute in attributes.items():
        yield _filter(f"{PREFIX}{name}", attribute.kind, "exact")
        for lookup in attribute.lookups:
            yield _filter(f"{PREFIX}{name}__{lookup}", attribute.kind, lookup)


def _filter(name: str, kind: Kind, lookup: str) -> Parameter:
    usual, by_lookup = _VALUES[kind]
    value = by_lookup.get(lookup, usual)
    style = COMMA_LIST if FILTERS[value]["type"] == "array" else {}
    return {"name": name, "in": "query", "schema": reference(value), **style}
