"""Requests that are made up from the API's description, and what must hold of every answer to them."""

import os
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID
from zlib import crc32

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from sigillo.api.openapi.document import document
from sigillo.api.query import MAX_PARAMETERS
from sigillo.config.wsgi import application
from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.deliveries import try_webhook
from sigillo.flows.enroll import NewEnrollment, enroll
from sigillo.flows.groups import create_group
from tests.flows.stories import begin, give_identity, ready, signatures
from tests.support.world import Actor, House

HOST = "http://testserver"
ROUNDS = int(os.environ.get("SIGILLO_TEST_FUZZ", "0"))
"""How many requests are made up of each kind for an operation by hand, with `make fuzz`; else a few, the same ones."""

MISFITS = {
    *("empty_body", "malformed_json", "not_json", "unknown_field", "missing_field", "invalid_value"),
    *("no_documents", "no_signatures", "unknown_provider", "unknown_profile"),
    *("unknown_parameter", "unknown_filter", "unknown_lookup", "repeated_parameter"),
    *("invalid_page", "invalid_count", "invalid_order"),
}
"""How a request is refused that does not fit the description. One that fits can still be refused for what it means:
a signer who is nobody, a moment that has passed."""


class Scene:
    """The people of a house, and what there is to reach in it, made when a path first names it."""

    def __init__(self, house: House) -> None:
        everybody = [house.owner, house.rao, house.user, house.automatic]
        self._house = house
        self._callers = everybody if ROUNDS else [house.owner]
        self._there: dict[str, Sequence[str]] = {}

    def caller(self, case: Case[Any]) -> Actor:
        """Who asks."""
        return self._callers[_chance(case) % len(self._callers)]

    def place(self, case: Case[Any]) -> None:
        """Have a request that fits reach something: a made-up id is the id of nothing."""
        if case.meta and case.meta.is_negative_at(ParameterLocation.PATH):
            return
        for name in case.path_parameters:
            if name in REACHED:
                known = self._there.setdefault(name, ()) or REACHED[name](self._house)
                self._there[name] = known
                case.path_parameters[name] = known[_chance(case) % len(known)]
        if isinstance(case.body, dict):
            case.body = _without_points(case.body)
        for surplus in list(case.query)[MAX_PARAMETERS:]:  # no schema can tell how many may be given at once
            del case.query[surplus]


def _group(house: House) -> Sequence[str]:
    create_group(house.owner.principal, "Board", ["ugo"])
    return ["Board"]


def _token(house: House) -> Sequence[str]:
    new = NewToken(user="ugo", webhooks={"dst": "https://receiver.example/dst"})
    return [str(create_token(house.owner.principal, new).token.id)]


def _delivery(house: House) -> Sequence[str]:
    (token,) = _token(house)
    return [str(try_webhook(house.owner.principal, UUID(token), None).id)]


def _document(house: House) -> Sequence[str]:
    return [str(signatures(ready(house))[0].document_id)]


def _signature(house: House) -> Sequence[str]:
    give_identity(house)
    return [str(signatures(ready(house))[0].id)]


def _enrollment(house: House) -> Sequence[str]:
    person = {"first_name": "Ugo", "last_name": "Foscolo", "birth_date": "1978-02-06", "birth_country": "IT"}
    person |= {"email": "ugo@acme.example", "phone_mobile": "+393331234567"}
    new = NewEnrollment("ugo", "st-approval", provider_data=person, registered_by="rita")
    return [str(enroll(house.owner.principal, new).id)]


REACHED: dict[str, Callable[[House], Sequence[str]]] = {
    "organization": lambda house: [house.organization.slug],
    "user": lambda _house: ["jdo", "robot", "ugo"],
    "group": _group,
    "identity": lambda house: [str(give_identity(house))],
    "enrollment": _enrollment,
    "token": _token,
    "delivery": _delivery,
    "transaction": lambda house: [str(begin(house))],
    "document": _document,
    "signature": _signature,
}
"""How to make something that a path can name; of what is not here a request finds nothing."""


def described() -> BaseSchema:
    """The description as a source of requests. What a body ignores may be anything, so it is made up as well."""
    schema = schemathesis.openapi.from_dict(_without(document(HOST), "readOnly"))
    schema.app = application
    schema.config.update(base_url=f"{HOST}/api/v1")
    schema.config.generation.update(max_examples=ROUNDS or 3, deterministic=not ROUNDS, allow_x00=False)
    schema.config.generation.update(with_security_parameters=False)  # the credential is given, not made up
    schema.config.phases.update(phases=["examples", "coverage", "fuzzing"] if ROUNDS else ["examples", "fuzzing"])
    return schema


def check(response: Response, case: Case[Any], headers: dict[str, str]) -> None:
    """Every check of schemathesis, but that of what is accepted is ours: a request can fit and still mean nothing."""
    case.validate_response(
        response,
        headers=headers,
        excluded_checks=[positive_data_acceptance],
        additional_checks=[_what_fits_is_read],
    )


def _what_fits_is_read(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that fits the description is never refused as one that does not."""
    if case.meta and case.meta.generation.mode.is_positive and response.status_code in (400, 415):
        assert response.json()["meta"]["error_code"] not in MISFITS, response.text


def _chance(case: Case[Any]) -> int:
    """A number that is the same for the same request."""
    return crc32(repr((case.query, case.body)).encode("utf-8", "replace"))


def _without_points(value: Any) -> Any:
    """The same with 3.0 written as 3: JSON schema takes one for the other, and our reader does not."""
    if isinstance(value, dict):
        return {key: _without_points(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_points(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, name) for key, item in value.items() if key != name}
    return [_without(item, name) for item in value] if isinstance(value, list) else value
