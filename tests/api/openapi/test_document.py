"""The document says what the code does, and what is checked in is what the code says."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from sigillo.api.openapi.document import document
from sigillo.api.openapi.examples import FILE, examples_at
from sigillo.api.openapi.names import operation_id, path_of
from sigillo.api.openapi.writing import to_yaml
from sigillo.api.v1.door import Raw, Route
from sigillo.api.v1.routes import ROUTES
from tools.write_openapi import ADDRESS, DOCUMENT, document_text, examples_text

REMEDY = "run `make openapi`, look at the difference, and commit it"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(ADDRESS)


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_examples_are_those_of_the_golden_exchanges() -> None:
    assert FILE.read_text("utf-8") == examples_text(), f"contract/exchanges says otherwise: {REMEDY}"


def test_checked_in_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text("utf-8") == document_text(), f"contract/openapi.yaml is behind the code: {REMEDY}"


def test_yaml_is_the_document(told: dict[str, Any]) -> None:
    assert yaml.safe_load(to_yaml(told)) == told


def test_every_route_is_an_operation_and_nothing_else_is(told: dict[str, Any]) -> None:
    names = [name for name, _ in _operations(told)]
    assert sorted(names) == sorted(f"{route.method} {path_of(route)}" for route in ROUTES)


def test_names_of_operations_are_their_own(told: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in _operations(told)]
    assert len(set(names)) == len(names) == len(ROUTES)
    assert all(name.isalpha() and name[0].islower() for name in names)


def test_every_operation_has_an_example() -> None:
    """A new route fails here until a story in contract/exchanges has a success of it."""
    lacking = {operation_id(route) for route in ROUTES if not _shows_success(route)}
    remedy = f"have a story in contract/exchanges show a success of it, then {REMEDY}"
    assert not lacking, f"{', '.join(sorted(lacking))}: {remedy}"


def _shows_success(route: Route) -> bool:
    good = [each for each in examples_at(ADDRESS).get(operation_id(route), []) if each.status == route.status]
    needs_body = route.body is not None and not route.body_may_be_empty
    return any(each.begins if route.answer is Raw else each.answer["meta"]["code"] == 200 for each in good) and (
        not needs_body or good[0].request is not None
    )


def test_every_example_fits_its_schema(told: dict[str, Any]) -> None:
    seen = 0
    for name, operation in _operations(told):
        parts = [operation.get("requestBody"), *operation["responses"].values()]
        for content in (part["content"] for part in parts if part and "content" in part):
            for media_type in content.values():
                whole = {**media_type["schema"], "components": told["components"]}
                for title, example in media_type.get("examples", {}).items():
                    errors = list(Draft202012Validator(whole).iter_errors(example["value"]))
                    assert not errors, f"{name} {title}: {errors[0].message}"
                    seen += 1
    assert seen > len(ROUTES)


def test_example_with_another_key_or_value_does_not_fit(told: dict[str, Any]) -> None:
    """The check above can fail."""
    schema = {"$ref": "#/components/schemas/UserAnswer", "components": told["components"]}
    example = next(each for each in examples_at(ADDRESS)["readUser"] if each.status == 200).answer
    validator = Draft202012Validator(schema)
    assert validator.is_valid(example)
    for key, value in (("status", "asleep"), ("owner", "yes"), ("wallet", [{}])):
        assert not validator.is_valid({**example, "data": {**example["data"], key: value}})
    without = {key: value for key, value in example["data"].items() if key != "email"}
    assert not validator.is_valid({**example, "data": without})


def test_references_lead_somewhere(told: dict[str, Any]) -> None:
    def references(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = set(references(told))
    for reference in found:
        _, kind, name = reference.removeprefix("#/").split("/")
        assert name in told["components"][kind], reference
    unused = set(told["components"]["schemas"]) - {reference.rpartition("/")[2] for reference in found}
    assert not unused


def test_errors_that_every_operation_has(told: dict[str, Any]) -> None:
    for name, operation in _operations(told):
        answers = operation["responses"]
        assert {"401", "403", "503"} <= set(answers), name
        assert ("400" in answers) or "requestBody" not in operation, name
        assert ({"413", "415"} <= set(answers)) == ("requestBody" in operation), name
        assert "500" not in answers, name


def test_address_of_the_installation_is_a_variable() -> None:
    told = document("https://sign.example.org")
    (server,) = told["servers"]
    assert server["url"] == "{address}/api/v1"
    assert server["variables"]["address"]["default"] == "https://sign.example.org"
    sample = told["paths"]["/{organization}/users"]["post"]["x-codeSamples"][0]["source"]
    assert sample.startswith("curl https://sign.example.org/api/v1/acme/users ")


def test_fields_stand_in_the_order_of_answers(told: dict[str, Any]) -> None:
    user = told["components"]["schemas"]["User"]
    assert list(user["properties"])[:4] == ["id", "status", "type", "email"]
    assert next(iter(user)) == "type"


def test_what_a_body_ignores_is_read_only(told: dict[str, Any]) -> None:
    properties = told["components"]["schemas"]["UserBody"]["properties"]
    assert {name for name, schema in properties.items() if schema.get("readOnly")} == {"status", "type", "wallet"}
    assert told["components"]["schemas"]["UserBody"]["required"] == ["id"]
    assert properties["email"]["type"] == ["string", "null"]
