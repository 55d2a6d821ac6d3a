"""How an operation can fail: what the door refuses, and what the docstrings of its flows say that they raise.

Flows name their errors where they are written, in the section `Raises`. A view is followed to the flows that it calls,
so that the description of a new operation needs nobody to say the same again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

from sigillo.api.openapi.examples import Example
from sigillo.api.openapi.names import parts_of
from sigillo.api.openapi.schemas import JSON, content, reference
from sigillo.api.problems import STATUSES
from sigillo.api.v1.door import Raw, Route
from sigillo.base import errors
from sigillo.base.errors import Kind, SigilloError

_SECTION = re.compile(r"^ *Raises:\n(?P<section>(?: {8,}\S.*\n?)+)", re.MULTILINE)
_ITEM = re.compile(r"^ {8}(?P<name>[A-Z]\w+): (?P<when>.*(?:\n {9,}.*)*)", re.MULTILINE)
_ASIDE = re.compile(r"\bRaises (?P<name>[A-Z]\w+)")
_FLOWS = "sigillo.flows."
_OURS = {"principal": "caller", "handle": "id"}
"""Words of the code, in the words of the API."""

STANDING: dict[Kind, str] = {
    Kind.INVALID: "A value is malformed, unknown or not allowed; the message names it.",
    Kind.UNAUTHENTICATED: "There is no credential, or it is unknown, expired or its user disabled.",
    Kind.FORBIDDEN: "The organization is not the credential's own, whether or not it exists, or the right is missing.",
    Kind.NOT_FOUND: "It does not exist for this caller.",
    Kind.CONFLICT: "The thing is not in a state that allows this.",
    Kind.TOO_LARGE: "The body is larger than this server accepts.",
    Kind.UNSUPPORTED_MEDIA: "The body is not declared as `application/json` in UTF-8.",
    Kind.UNAVAILABLE: "Something outside failed, such as the database; the same call may succeed later.",
}


_WITH_DETAIL = (Kind.UNAUTHENTICATED, Kind.FORBIDDEN)
_EVERYWHERE = (Kind.UNAUTHENTICATED, Kind.TOO_LARGE, Kind.UNSUPPORTED_MEDIA, Kind.UNAVAILABLE)
"""What is the same for all operations, and described once where a flow adds nothing to it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of error that an operation can answer; `when` holds what its flows say of it, a sentence each."""

    kind: Kind
    when: Sequence[str] = ()

    @property
    def description(self) -> str:
        """When it comes: what the flows say, behind what always holds; a thing's own absence or state says it all."""
        is_precise = self.kind in (Kind.NOT_FOUND, Kind.CONFLICT) and self.when
        return " ".join(self.when if is_precise else [STANDING[self.kind], *self.when])


def problems_of(route: Route) -> dict[int, Problem]:
    """What the operation can answer in place of a success, by status."""
    told: dict[Kind, list[str]] = {kind: [] for kind in _of_the_door(route)}
    flows = list(_flows(route.view))
    # What reads again what another flow has just made or changed does not fail on its own.
    for flow in [flow for flow in flows if not flow.__name__.startswith("read_")] or flows:
        for kind, when in _raised(flow.__doc__ or ""):
            told.setdefault(kind, []).append(when)
    problems = (Problem(kind, list(dict.fromkeys(filter(None, sentences)))) for kind, sentences in told.items())
    return {STATUSES[problem.kind].code: problem for problem in sorted(problems, key=lambda p: STATUSES[p.kind].code)}


def described_problem(problem: Problem, examples: Iterable[Example]) -> dict[str, Any]:
    """The problem as an OpenAPI response."""
    if problem.kind in _EVERYWHERE and not problem.when:
        return {"$ref": f"#/components/responses/{problem.kind.value}"}
    return _response(problem, examples)


def shared_problems(examples: Sequence[Example]) -> dict[str, dict[str, Any]]:
    """The responses that are described once; each shows the first example that there is."""
    shared = {}
    for kind in _EVERYWHERE:
        first = [example for example in examples if example.status == STATUSES[kind].code][:1]
        shared[kind.value] = _response(Problem(kind), first)
    return shared


def _response(problem: Problem, examples: Iterable[Example]) -> dict[str, Any]:
    status = STATUSES[problem.kind].code
    shown = {example.name: example.answer for example in examples if example.status == status}
    schema = reference("Refusal" if problem.kind in _WITH_DETAIL else "Problem")
    described: dict[str, Any] = {
        "description": problem.description,
        "content": content(JSON, schema, shown),
    }
    if problem.kind is Kind.UNAUTHENTICATED:
        described["headers"] = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}}
    return described


def _of_the_door(route: Route) -> set[Kind]:
    kinds = {Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.UNAVAILABLE}
    if route.body is not None:
        kinds |= {Kind.INVALID, Kind.TOO_LARGE, Kind.UNSUPPORTED_MEDIA}
    if route.filters is not None:
        kinds |= {Kind.INVALID, Kind.NOT_FOUND}
    if len(parts_of(route)) > 1:
        kinds.add(Kind.NOT_FOUND)
    if route.answer is Raw:
        kinds.add(Kind.CONFLICT)
    return kinds


def _flows(view: Callable[..., Any]) -> Iterator[FunctionType]:
    """The flows that a view calls, itself or through functions of its own module."""
    seen: set[FunctionType] = set()
    waiting = [cast(FunctionType, view)]
    while waiting:
        function = waiting.pop(0)
        for called in _called(function):
            if called in seen:
                continue
            seen.add(called)
            if called.__module__.startswith(_FLOWS):
                yield called
            elif called.__module__ == view.__module__:
                waiting.append(called)


def _called(function: FunctionType) -> Iterator[FunctionType]:
    """The functions that one names, on their own or within a module of flows."""
    names = list(_names(function.__code__))
    found = [function.__globals__.get(name) for name in names]
    modules = [each for each in found if isinstance(each, ModuleType) and each.__name__.startswith(_FLOWS)]
    within = [getattr(module, name, None) for module in modules for name in names]
    yield from (each for each in (*found, *within) if isinstance(each, FunctionType))


def _names(code: CodeType) -> Iterator[str]:
    """The global names that a function uses, those within its comprehensions and lambdas among them."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _raised(docstring: str) -> Iterator[tuple[Kind, str]]:
    """The kinds of error that a docstring names, each with a sentence, or with none where it only names it."""
    section = _SECTION.search(docstring)
    for item in _ITEM.finditer(section["section"]) if section else ():
        kind = _kind(item["name"])
        if kind:
            yield kind, _sentence(item["when"])
    for aside in _ASIDE.finditer(docstring):
        kind = _kind(aside["name"])
        if kind:
            yield kind, ""


def _kind(name: str) -> Kind | None:
    error = getattr(errors, name, None)
    return error.kind if isinstance(error, type) and issubclass(error, SigilloError) else None


def _sentence(when: str) -> str:
    text = " ".join(when.split())
    for ours, theirs in _OURS.items():
        text = re.sub(rf"\b{ours}\b", theirs, text)
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."
