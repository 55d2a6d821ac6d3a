"""The types of bodies and answers as JSON schemas, and the envelopes around them.

msgspec makes the schemas from the very types that read bodies and write answers. They are then made plainer: a value
that may be null is one type of two, and what null means in a body (absent) is said once, in the introduction.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from sigillo.api.openapi.names import paragraph
from sigillo.api.pagination import MAX_SIZE
from sigillo.api.v1.door import Raw, Route

Schema = dict[str, Any]
JSON = "application/json"
_PREFIX = "#/components/schemas/"
_SUFFIX = "Shape"


class Schemas:
    """The schema of each body and answer of the routes, and of all that these refer to."""

    def __init__(self, routes: Iterable[Route]) -> None:
        kinds = [kind for route in routes for kind in (route.body, route.answer) if kind not in (None, Raw)]
        types = list(dict.fromkeys(kinds))
        found, components = msgspec.json.schema_components(types, ref_template=f"{_PREFIX}{{name}}")
        self._of = dict(zip(types, map(_plain, found), strict=True))
        self.components = {_name(name): _plain(schema) for name, schema in sorted(components.items())}
        if len(self.components) != len(components):
            raise ValueError("Two types would be described under one name; call one of them otherwise.")

    def of(self, kind: type | None) -> Schema:
        """The schema of a type of the routes; None is null."""
        return self._of[kind] if kind else {"type": "null"}

    def answer_of(self, route: Route) -> Schema:
        """The schema of a successful answer: an envelope around one object, or around a page of them."""
        data = self.of(route.answer)
        subject = data["$ref"].removeprefix(_PREFIX) if "$ref" in data else _titled(route.answer)
        name = f"{subject}{'Page' if route.filters else 'Answer'}"
        self.components.setdefault(name, _page(data) if route.filters else _envelope(data))
        return reference(name)


def reference(name: str) -> Schema:
    """A schema that is described elsewhere."""
    return {"$ref": f"{_PREFIX}{name}"}


def content(media_type: str, schema: Schema, shown: Mapping[str, object]) -> dict[str, Any]:
    """What is sent or answered in one media type, with its examples by name."""
    examples = {name: {"value": value} for name, value in shown.items()}
    return {media_type: {"schema": schema, "examples": examples} if examples else {"schema": schema}}


def _envelope(data: Schema) -> Schema:
    return _object({"meta": reference("Meta"), "data": data})


def _page(item: Schema) -> Schema:
    data = {"type": "array", "items": item, "maxItems": MAX_SIZE}
    return _object({"pagination": reference("Pagination"), "meta": reference("Meta"), "data": data})


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _titled(kind: type | None) -> str:
    return kind.__name__.capitalize() if kind else "Null"


def _name(name: str) -> str:
    return name.removesuffix(_SUFFIX)


def _plain(schema: Mapping[str, Any]) -> Schema:
    """The schema without what msgspec adds and nobody reads."""
    plain = {key: _plain_value(value) for key, value in schema.items() if not _is_noise(key, value)}
    for key, mended in (("$ref", _name), ("description", paragraph)):
        text = plain.get(key)
        if isinstance(text, str):
            plain[key] = mended(text)
    merged = _merged(plain)
    is_typed = isinstance(merged.get("type"), str | list)  # and no field of this name
    return {"type": merged.pop("type"), **merged} if is_typed else merged


def _plain_value(value: object) -> object:
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return _plain(value) if isinstance(value, dict) else value


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None) or value == []


def _merged(schema: Schema) -> Schema:
    """`anyOf` of plain types as one schema with several types, where at most one of them says more than its type."""
    options = schema.get("anyOf", [])
    told: Schema = next((option for option in options if set(option) != {"type"}), {})
    others = [option for option in options if option is not told]
    kinds = [option.get("type", "string" if "enum" in option else None) for option in options]
    if not options or any(set(option) != {"type"} for option in others) or not all(map(_is_text, kinds)):
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    merged = {**rest, "type": kinds, **{key: value for key, value in told.items() if key != "type"}}
    if "enum" in told and "null" in kinds:
        merged["enum"] = [*told["enum"], None]
    return merged


def _is_text(value: object) -> bool:
    return isinstance(value, str)


ENVELOPES: dict[str, Schema] = {
    "Meta": {
        "type": "object",
        "description": "`code` is 200 in every success, also where HTTP says 201.",
        "properties": {"code": {"type": "integer", "const": 200}},
        "required": ["code"],
    },
    "Pagination": {
        "type": "object",
        "description": "`count` is the number of items on all pages. `next` and `previous` are absolute addresses "
        "that keep every filter, null at the ends.",
        "properties": {
            "count": {"type": "integer", "minimum": 0},
            "next": {"type": ["string", "null"]},
            "previous": {"type": ["string", "null"]},
            "pages": {"type": "integer", "minimum": 1},
            "page": {"type": "integer", "minimum": 1},
        },
        "required": ["count", "next", "previous", "pages", "page"],
    },
    "ProblemMeta": {
        "type": "object",
        "description": "`code` is the HTTP status, `error_message` a sentence for people, `error_code` a stable word "
        "for programs.",
        "properties": {
            "code": {"type": "integer", "minimum": 400, "maximum": 599},
            "error_type": {"type": "string"},
            "error_message": {"type": "string"},
            "error_code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        },
        "required": ["code", "error_type", "error_message", "error_code"],
        "additionalProperties": False,
    },
    "Problem": {
        "type": "object",
        "description": "Why a request was not met.",
        "properties": {"meta": reference("ProblemMeta"), "data": {"type": "null"}},
        "required": ["meta", "data"],
        "additionalProperties": False,
    },
    "Refusal": {
        "type": "object",
        "description": "Why a caller was turned away; `detail` repeats the sentence.",
        "properties": {"meta": reference("ProblemMeta"), "data": {"type": "null"}, "detail": {"type": "string"}},
        "required": ["meta", "data", "detail"],
        "additionalProperties": False,
    },
}
