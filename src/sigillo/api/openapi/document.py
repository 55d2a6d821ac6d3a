"""The whole description: an OpenAPI 3.1 document, made from the table of routes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigillo.api.openapi.examples import Example, examples_at
from sigillo.api.openapi.names import operation_id, path_of, tag_description, tag_of
from sigillo.api.openapi.operations import operation
from sigillo.api.openapi.parameters import FILTERS, LISTS
from sigillo.api.openapi.problems import shared_problems
from sigillo.api.openapi.schemas import ENVELOPES, Schemas
from sigillo.api.v1.door import Route
from sigillo.api.v1.routes import ROUTES

Document = dict[str, Any]

VERSION = "1.5.0"
"""Of the contract that we serve, not of this software."""

INTRODUCTION = """\
The API of Signing Today v1.5.0, as this installation serves it.

**Credential.** Every request carries the header `Authorization: Token …` with the value of an application token. \
The organization in the path is the token's own, by its slug or its uuid.

**Answers.** JSON in an envelope: `meta`, `data`, and `pagination` around a list. A new object answers 201 with a \
`meta.code` of 200. Every answer has an `X-Request-Id`, your own where you sent a plain one.

**Bodies.** JSON in UTF-8, declared as `application/json`. Unknown keys are refused by name; keys that only answers \
carry are ignored, so that an object can be sent back as it came. `null` means the same as leaving a key out. Whole \
numbers are written without a point. No text may hold a NUL character.

**Problems.** A status, and a `meta` with a sentence (`error_message`) and a stable word (`error_code`). 401 and 403 \
repeat the sentence as `detail`. An object of another organization is a 404 like one that does not exist. A method \
that an address does not have is a 405.

**Lists.** Pages of up to 100 items. `where_ATTRIBUTE` compares exactly, `where_ATTRIBUTE__LOOKUP` as the lookup says; \
several filters must all hold. An unknown filter is refused, never ignored, as is a parameter that comes twice.

**Times** are ISO 8601 in UTC with six decimals and a `Z`.
"""


def document(address: str, routes: Sequence[Route] = ROUTES) -> Document:
    """The document of an installation that others reach at `address`; a fresh one at every call."""
    schemas = Schemas(routes)
    examples = examples_at(address)
    paths = _paths(routes, schemas, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sigillo",
            "version": VERSION,
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_server(address)],
        "security": [{"token": []}],
        "tags": _tags(routes),
        "paths": paths,
        "components": _components(schemas, [example for several in examples.values() for example in several]),
    }


def _server(address: str) -> dict[str, Any]:
    return {
        "url": "{address}/api/v1",
        "description": "This installation.",
        "variables": {"address": {"default": address, "description": "Scheme and host, as SIGILLO_PUBLIC_URL says."}},
    }


def _tags(routes: Sequence[Route]) -> list[dict[str, str]]:
    described = {tag_of(route.view): tag_description(route.view) for route in routes}
    return [{"name": name, "description": words} for name, words in described.items()]


def _paths(routes: Sequence[Route], schemas: Schemas, examples: Mapping[str, list[Example]]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        of_path = paths.setdefault(path_of(route), {})
        of_path[route.method.lower()] = operation(route, schemas, examples.get(operation_id(route), []))
    return paths


def _components(schemas: Schemas, examples: Sequence[Example]) -> dict[str, Any]:
    return {
        "securitySchemes": {
            "token": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "The word `Token`, a space, and the value of an application token.",
            }
        },
        "parameters": LISTS,
        "responses": shared_problems(examples),
        "headers": {
            "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string", "const": "Token"}}
        },
        "schemas": {**ENVELOPES, **schemas.components, **FILTERS},
    }
