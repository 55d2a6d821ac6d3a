"""Whatever goes wrong, the answer is the contract's envelope: no page of a framework, no trace, no secret."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import RequestFactory

from sigillo.api.problems import STATUSES, bad_request, problem_of, server_error
from sigillo.base.errors import Kind
from tests.api.calling import assert_refused, get, post, send
from tests.support.world import House


def _request() -> HttpRequest:
    request = RequestFactory().get("/api/v1/acme/users")
    request.META["sigillo.request_id"] = "req-1"
    return request


def test_every_kind_of_error_has_its_status() -> None:
    assert set(STATUSES) == set(Kind)


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/acme",
        "/api/v1//users",
        "/api/v1/acme/users/",
        "/api/v1/acme/users/a/b/c/wallet",
        "/api/v1/acme/../acme/users",
        "/api/v2/acme/users",
        "/admin/",
        "/favicon.ico",
        "/pki/nonsense.crl",
    ],
)
def test_unknown_addresses_are_404_in_the_contracts_form(path: str) -> None:
    answer = get(None, path)
    assert_refused(answer, 404, "no_such_address")
    assert answer.headers["Content-Type"] == "application/json"


def test_post_is_never_redirected(acme: House) -> None:
    assert_refused(post(acme.owner, "/api/v1/acme/users/", {"id": "x"}), 404, "no_such_address")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "users", "GET, POST"),
        ("PUT", "signature-transactions", "GET, POST"),
        ("OPTIONS", "tokens", "GET, POST"),
        ("TRACE", "tokens", "GET, POST"),
        ("PUT", "signature-transactions/737dc132-a3f0-11e9-a2a3-2a2ae2dbcce4", "DELETE, GET"),
        ("PATCH", "documents/737dc132-a3f0-11e9-a2a3-2a2ae2dbcce4/download", "GET"),
        ("BREW", "signatures/737dc132-a3f0-11e9-a2a3-2a2ae2dbcce4/perform", "POST"),
    ],
)
def test_other_methods_are_405_with_those_there_are(method: str, path: str, allowed: str, acme: House) -> None:
    answer = send(acme.owner, method, f"/api/v1/acme/{path}")
    assert_refused(answer, 405, "method_not_allowed", allowed)
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Token ",
        "Token x",
        "Bearer abc",
        "Token " + "0" * 32,
        "Basic dTpw",
        "Token " + "a" * 10_000,
        "Token \u00ff",
    ],
)
def test_unknown_credentials_are_401(header: str, acme: House) -> None:
    answer = send(None, "GET", "/api/v1/acme/signature-transactions", Authorization=header)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.body["detail"] == answer.message


def test_scheme_of_the_credential_ignores_case(acme: House) -> None:
    answer = send(None, "GET", "/api/v1/acme/signature-transactions", Authorization=f"token {acme.owner.token}")
    assert answer.status == 200


def test_unexpected_errors_are_bare_and_logged_with_the_request(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "sigillo.problems"):
        response = problem_of(RuntimeError("the password is hunter2"), _request())
    assert response.status_code == 500
    assert b"hunter2" not in response.content
    assert "req-1" in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_does_not_answer_is_503() -> None:
    assert problem_of(OperationalError("database is locked"), _request()).status_code == 503


def test_handlers_of_django_answer_in_the_contracts_form() -> None:
    for response, status in ((bad_request(_request(), ValueError()), 400), (server_error(_request()), 500)):
        assert (response.status_code, response["Content-Type"]) == (status, "application/json")


@contextmanager
def _log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "sigillo.request"):
        yield


def test_log_has_one_line_a_request_and_no_secret(acme: House, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("sigillo.request").propagate = True
    with _log(caplog):
        get(acme.owner, "/api/v1/acme/signature-transactions?where_title=Confidential")
    lines = [record for record in caplog.records if record.name == "sigillo.request"]
    assert len(lines) == 1
    facts = vars(lines[0])
    assert (facts["method"], facts["path"], facts["status"]) == ("GET", "/api/v1/acme/signature-transactions", 200)
    assert facts["ms"] >= 0
    assert "Confidential" not in caplog.text
    assert acme.owner.token not in caplog.text


def test_log_cannot_be_forged_by_an_address(caplog: pytest.LogCaptureFixture) -> None:
    with _log(caplog):
        get(None, "/api/v1/a%0AINFO forged")
    assert "\nINFO forged" not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(("presented", "kept"), [("abc-123.X", True), ("a b", False), ("x" * 65, False), ("", False)])
def test_request_id_is_the_callers_where_it_is_harmless(presented: str, kept: bool) -> None:
    answer = get(None, "/healthz", **{"X-Request-Id": presented})
    assert (answer.headers["X-Request-Id"] == presented) is kept
    assert answer.headers["X-Request-Id"]


def test_charset_of_a_request_without_a_body_is_of_no_matter(acme: House) -> None:
    headers = {"Content-Type": "application/json; charset=utf-16"}
    assert get(acme.owner, "/api/v1/acme/signature-transactions?where_title=x", **headers).status == 200
