"""A schema as rows that people read: the path of each field, what it is, and what else there is to say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from sigillo.api.markdown import html_of

Schema = Mapping[str, Any]
OR_NULL = " or null"
_PREFIX = "#/components/schemas/"
_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_FORMATS = {"uuid": "uuid", "date-time": "date and time", "date": "date", "binary": "bytes"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field by its path, such as `documents[].groups[][].signer`."""

    path: str
    kind: str
    required: bool
    note: SafeString


class Reader:
    """Reads schemas that refer to the components of one document."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def fields(self, schema: Schema) -> list[Field]:
        """Every field within, those that a body ignores left out."""
        return list(self._within(self.resolved(schema), ""))

    def field(self, path: str, schema: Schema, *, required: bool, description: str = "") -> Field:
        """One value as a row; its description is the schema's own where none is given."""
        told = self.resolved(schema)
        said = [description or str(schema.get("description") or told.get("description", ""))]
        values = [f"`{value}`" for value in _values(told) if value is not None]
        said += [f"One of {', '.join(values)}."] if values else []
        said += [*_bounds(told), *(f"Such as `{example}`." for example in told.get("examples", []))]
        return Field(path, self.kind(schema), required, prose(" ".join(filter(None, said))))

    def ignored(self, schema: Schema) -> list[str]:
        """The names at the top that a body knows and ignores."""
        properties = self.resolved(schema).get("properties", {})
        return [name for name, each in properties.items() if each.get("readOnly")]

    def description(self, schema: Schema) -> str:
        """What the schema says of itself."""
        return str(self.resolved(schema).get("description", ""))

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself: of a reference what it refers to, of one that may be null what it is when it is not."""
        while "$ref" in schema:
            schema = self._components[schema["$ref"].removeprefix(_PREFIX)]
        options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
        return self.resolved(options[0]) if len(options) == 1 else schema

    def kind(self, schema: Schema) -> str:
        """What a value is, in a few words."""
        told = self.resolved(schema)
        if "title" in told:
            return str(told["title"])
        if "anyOf" in told:
            return " or ".join(self.kind(option) for option in told["anyOf"])
        kinds = told.get("type", "any")
        names = [name for name in ([kinds] if isinstance(kinds, str) else kinds) if name != "null"]
        words = _FORMATS.get(told.get("format", "")) or " or ".join(self._word(name, told) for name in names)
        return f"{words or 'nothing'}{OR_NULL if self._may_be_null(schema) and words else ''}"

    def _word(self, kind: str, schema: Schema) -> str:
        if kind == "array":
            return f"list of {self.kind(schema['items'])}" if "items" in schema else "list"
        return _KINDS.get(kind, kind)

    def _may_be_null(self, schema: Schema) -> bool:
        kinds = schema.get("type", [])
        return "null" in kinds or {"type": "null"} in schema.get("anyOf", [])

    def _within(self, schema: Schema, path: str) -> Iterator[Field]:
        required = schema.get("required", [])
        for name, each in schema.get("properties", {}).items():
            if each.get("readOnly"):
                continue
            at = f"{path}.{name}" if path else name
            yield self.field(at, each, required=name in required)
            yield from self._deeper(self.resolved(each), at)

    def _deeper(self, schema: Schema, path: str) -> Iterator[Field]:
        while "items" in schema:
            schema, path = self.resolved(schema["items"]), f"{path}[]"
        yield from self._within(schema, path)


def prose(markdown: str) -> SafeString:
    """A text of ours as HTML, cleaned like that of callers."""
    return mark_safe(html_of(markdown))  # noqa: S308 - html_of leaves nothing but an allow-list of tags


def _values(schema: Schema) -> Sequence[object]:
    """The closed list of what it, or an item of it, can be; none where it is open."""
    values: Sequence[object] = schema.get("enum", schema.get("items", {}).get("enum", ()))
    return values


def _bounds(schema: Schema) -> Iterator[str]:
    if "minimum" in schema and "maximum" in schema:
        yield f"From {schema['minimum']} to {schema['maximum']}."
    elif "minimum" in schema:
        yield f"At least {schema['minimum']}."
    if "maxLength" in schema and "enum" not in schema:
        yield f"At most {schema['maxLength']:,} characters."
    if "maxItems" in schema:
        yield f"At most {schema['maxItems']:,} items."
    if "maxProperties" in schema:
        yield f"At most {schema['maxProperties']} entries."
    if "default" in schema:
        yield f"Without it, {schema['default']}."
