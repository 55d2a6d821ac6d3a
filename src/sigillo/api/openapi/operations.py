"""One route as an OpenAPI operation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sigillo.api.openapi.curl import curl_of
from sigillo.api.openapi.examples import Example
from sigillo.api.openapi.names import details_of, operation_id, summary_of, tag_of
from sigillo.api.openapi.parameters import list_parameters, path_parameters
from sigillo.api.openapi.problems import described_problem, problems_of
from sigillo.api.openapi.rights import who_may
from sigillo.api.openapi.schemas import JSON, Schema, Schemas, content
from sigillo.api.v1.door import Raw, Route
from sigillo.organizations.principal import CredentialKind, Principal

_NO_ID = UUID(int=0)
NOBODY = Principal(
    organization_id=_NO_ID,
    organization_slug="",
    user_id=_NO_ID,
    handle="",
    roles=frozenset(),
    kind=CredentialKind.APPLICATION,
    credential_id=_NO_ID,
)
"""Whom lists are asked for their filters: these are the same for everybody."""


def operation(route: Route, schemas: Schemas, examples: Sequence[Example]) -> dict[str, Any]:
    """The operation with its parameters, body, answers and examples."""
    described: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [tag_of(route.view)],
        "summary": summary_of(route.view),
        "description": "\n\n".join(filter(None, [details_of(route.view), f"**Who may:** {who_may(route.verb)}"])),
        "parameters": [*path_parameters(route), *(list_parameters(route.filters(NOBODY)) if route.filters else [])],
    }
    if route.body is not None:
        described["requestBody"] = _request_body(route, schemas.of(route.body), examples)
    failures = {str(status): described_problem(problem, examples) for status, problem in problems_of(route).items()}
    described["responses"] = {str(route.status): _success(route, schemas, examples), **failures}
    samples = [curl_of(example) for example in examples if example.status == route.status]
    return described | (
        {"x-codeSamples": [{"lang": "Shell", "source": sample} for sample in samples]} if samples else {}
    )


def _request_body(route: Route, schema: Schema, examples: Sequence[Example]) -> dict[str, Any]:
    good = (example for example in examples if example.status == route.status and example.request is not None)
    sent = {example.name: example.request for example in good}
    return {"required": not route.body_may_be_empty, "content": content(JSON, schema, sent)}


def _success(route: Route, schemas: Schemas, examples: Sequence[Example]) -> dict[str, Any]:
    shown = {example.name: example.shown for example in examples if example.status == route.status}
    if route.answer is Raw:
        binary: Schema = {"type": "string", "format": "binary"}
        first, *others = route.media_types or ("*/*",)  # the examples are of the first
        described = content(first, binary, shown)
        for kind in others:
            described |= content(kind, binary, {})
        return {"description": "The bytes.", "content": described}
    said = "Created." if route.status == 201 else "Done."
    return {"description": said, "content": content(JSON, schemas.answer_of(route), shown)}
