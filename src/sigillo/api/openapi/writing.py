"""The document as YAML that people can read: no anchors, texts of several lines as blocks, short things in a line."""

from collections.abc import Mapping
from typing import Any

import yaml


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


class _Words(list[Any]):
    """A list that is written on one line."""


class _Writer(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """PyYAML's own writer, in C where it has one: it writes the same in a tenth of the time."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write what occurs twice twice: anchors are for machines."""
        return True


def _write_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _write_line(writer: yaml.SafeDumper, line: _Line) -> yaml.MappingNode:
    return writer.represent_mapping("tag:yaml.org,2002:map", line, flow_style=True)


def _write_words(writer: yaml.SafeDumper, words: _Words) -> yaml.SequenceNode:
    return writer.represent_sequence("tag:yaml.org,2002:seq", words, flow_style=True)


_Writer.add_representer(str, _write_text)
_Writer.add_representer(_Line, _write_line)
_Writer.add_representer(_Words, _write_words)


def to_yaml(document: Mapping[str, Any]) -> str:
    """The document in YAML, its keys in their order."""
    return str(yaml.dump(_laid_out(document), Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120))


def _laid_out(value: object) -> object:
    """The value with a mark on what goes on one line: filters, references, lists of words."""
    if isinstance(value, Mapping):
        is_filter = value.get("in") == "query" and "description" not in value
        inner = {key: _laid_out(item) for key, item in value.items()}
        return _Line(inner) if is_filter or list(value) == ["$ref"] or value.get("readOnly") else inner
    if isinstance(value, list):
        items = [_laid_out(item) for item in value]
        return items if any(isinstance(item, Mapping | list) for item in value) else _Words(items)
    return value
