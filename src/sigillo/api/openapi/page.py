"""The document as what the page of documentation shows: resources, their operations, and what each takes and gives."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.utils.safestring import SafeString

from sigillo.api.filters.reading import PREFIX
from sigillo.api.openapi.fields import OR_NULL, Field, Reader, prose
from sigillo.api.problems import STATUSES

Object = Mapping[str, Any]
_COMPONENTS = "#/components/"
_WORDS = {status.code: status.words for status in STATUSES.values()}


@dataclass(frozen=True, slots=True)
class Filter:
    """An attribute of a list, the kind of its values, and the lookups by which it can be compared."""

    name: str
    kind: str
    lookups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sample:
    """An example by its name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation can answer with one status."""

    status: str
    words: str
    description: SafeString
    media_types: Sequence[str]
    fields: Sequence[Field]
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Sent:
    """A body: what it is, its fields, and the keys that it knows and ignores. Null is absent in any."""

    description: SafeString
    fields: Sequence[Field]
    ignored: Sequence[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: SafeString
    parameters: Sequence[Field]
    filters: Sequence[Filter]
    body: Sent | None
    calls: Sequence[str]
    success: Answer
    problems: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Resource:
    """What the operations of one tag are about."""

    anchor: str
    name: str
    description: SafeString
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page shows."""

    title: str
    version: str
    introduction: SafeString
    base: str
    resources: Sequence[Resource]


def page_of(document: Object) -> Page:
    """The page of a document."""
    info, server = document["info"], document["servers"][0]
    operations = [
        (each["tags"][0], _Reading(document).operation(method, path, each))
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    ]
    return Page(
        title=info["title"],
        version=info["version"],
        introduction=prose(info["description"]),
        base=server["url"].format(address=server["variables"]["address"]["default"]),
        resources=[_resource(tag, operations) for tag in document["tags"]],
    )


def _resource(tag: Object, operations: Iterable[tuple[str, Operation]]) -> Resource:
    name = tag["name"]
    mine = [operation for of, operation in operations if of == name]
    return Resource(name.lower().replace(" ", "-"), name, prose(tag["description"]), mine)


class _Reading:
    """Reads operations of one document, following its references."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._reader = Reader(document["components"]["schemas"])

    def operation(self, method: str, path: str, told: Object) -> Operation:
        """One operation."""
        parameters = [self._followed(parameter) for parameter in told["parameters"]]
        answers = [self._answer(status, self._followed(answer)) for status, answer in told["responses"].items()]
        return Operation(
            id=told["operationId"],
            method=method.upper(),
            path=path,
            summary=told["summary"],
            description=prose(told["description"]),
            parameters=[self._parameter(each) for each in parameters if "description" in each],
            filters=self._filters([each for each in parameters if "description" not in each]),
            body=self._body(told["requestBody"]) if "requestBody" in told else None,
            calls=[sample["source"] for sample in told.get("x-codeSamples", [])],
            success=answers[0],
            problems=answers[1:],
        )

    def _followed(self, told: Object) -> Object:
        if "$ref" not in told:
            return told
        kind, name = told["$ref"].removeprefix(_COMPONENTS).split("/")
        followed: Object = self._document["components"][kind][name]
        return followed

    def _parameter(self, told: Object) -> Field:
        return self._reader.field(
            told["name"], told["schema"], required=told.get("required", False), description=told["description"]
        )

    def _filters(self, parameters: Iterable[Object]) -> list[Filter]:
        lookups: dict[str, list[str]] = {}
        kinds: dict[str, str] = {}
        for parameter in parameters:
            name, _, lookup = parameter["name"].removeprefix(PREFIX).partition("__")
            lookups.setdefault(name, []).extend([lookup] if lookup else [])
            kinds.setdefault(name, self._reader.kind(parameter["schema"]))
        return [Filter(f"{PREFIX}{name}", kinds[name], found) for name, found in lookups.items()]

    def _body(self, told: Object) -> Sent:
        ((_, content),) = told["content"].items()
        schema = content["schema"]
        reader = self._reader
        fields = [replace(field, kind=field.kind.removesuffix(OR_NULL)) for field in reader.fields(schema)]
        return Sent(prose(reader.description(schema)), fields, reader.ignored(schema))

    def _answer(self, status: str, told: Object) -> Answer:
        contents = list(told["content"].values())
        return Answer(
            status=status,
            words=_WORDS.get(int(status)) or HTTPStatus(int(status)).phrase,
            description=prose(told["description"]),
            media_types=list(told["content"]),
            fields=[field for field in self._reader.fields(contents[0]["schema"]) if field.path.startswith("data")],
            samples=[
                Sample(name, _text(example["value"])) for name, example in contents[0].get("examples", {}).items()
            ],
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
