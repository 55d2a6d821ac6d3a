"""The errors of an operation come from the docstrings of its flows."""

import pytest

from sigillo.api.openapi.problems import Problem, described_problem, problems_of
from sigillo.api.v1.door import Route
from sigillo.api.v1.routes import ROUTES
from sigillo.base.errors import Kind
from sigillo.credentials.permissions import Verb


def _route(method: str, path: str) -> Route:
    return next(route for route in ROUTES if (route.method, route.path) == (method, path))


def test_section_of_a_flow_is_told_in_words_of_the_api() -> None:
    problems = problems_of(_route("POST", "users"))
    assert list(problems) == sorted(problems)
    assert set(problems) == {400, 401, 403, 409, 413, 415, 503}
    assert problems[409].when == ["The organization has a user of this id."]
    assert problems[403].when == ["The caller is not an owner."]


def test_error_of_several_lines_is_one_sentence() -> None:
    said = problems_of(_route("POST", "users/<str:user>/wallet"))[400].when
    assert said == [
        "The provider is unknown or not configured here, its data are incomplete or not those of a user there, "
        "or the user has not the one credential that could sign."
    ]


def test_error_that_is_only_named_has_no_words() -> None:
    problems = problems_of(_route("DELETE", "groups/<str:group>/members/<str:user>"))
    assert set(problems) == {401, 403, 404, 503}
    assert problems[404].when == []


def _helper(name: str) -> str:
    return _flow(name)


def _flow(name: str) -> str:
    """Do.

    Raises:
        Conflict: the principal holds `name`.
        ValueError: never told.
    """
    return name


_flow.__module__ = "sigillo.flows.imagined"


def _view_through_a_helper() -> list[str]:
    """View."""
    return [_helper(name) for name in ("a",)]


def test_flow_is_found_through_functions_of_the_view() -> None:
    problems = problems_of(Route("GET", "imagined", Verb.READ_USER, _view_through_a_helper))
    assert problems[409] == Problem(Kind.CONFLICT, ["The caller holds `name`."])
    assert set(problems) == {401, 403, 409, 503}


@pytest.mark.parametrize(("when", "shared"), [((), True), (("The service fails.",), False)])
def test_what_is_the_same_everywhere_is_described_once(when: tuple[str, ...], shared: bool) -> None:
    described = described_problem(Problem(Kind.UNAVAILABLE, when), [])
    assert (described == {"$ref": "#/components/responses/unavailable"}) is shared
    assert shared or described["description"].endswith("The service fails.")
