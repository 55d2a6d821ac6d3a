"""The one map from what went wrong to its status and body. Nothing below this floor knows a status code.

A body is `{"meta": {code, error_type, error_message, error_code}, "data": null}`; 401 and 403 carry the sentence
in a top-level `detail` too, since clients of the contract read either. What we did not expect becomes a bare 500.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError

from sigillo.api.answers import json_answer
from sigillo.base.errors import Invalid, Kind, NotFound, SigilloError, TooLarge, Unavailable
from sigillo.blobs.errors import BlobError, BlobStoreFailed
from sigillo.secrets.errors import SecretsError

logger = logging.getLogger("sigillo.problems")


@dataclass(frozen=True, slots=True)
class Status:
    """A status code and the words that the contract calls its description."""

    code: int
    words: str


STATUSES: dict[Kind, Status] = {
    Kind.INVALID: Status(400, "Bad Request"),
    Kind.UNAUTHENTICATED: Status(401, "Unauthorized"),
    Kind.FORBIDDEN: Status(403, "Forbidden"),
    Kind.NOT_FOUND: Status(404, "Not Found"),
    Kind.CONFLICT: Status(409, "Conflict"),
    Kind.TOO_LARGE: Status(413, "Payload Too Large"),
    Kind.UNSUPPORTED_MEDIA: Status(415, "Unsupported Media Type"),
    Kind.UNAVAILABLE: Status(503, "Service Unavailable"),
}
METHOD_NOT_ALLOWED = Status(405, "Method Not Allowed")
UNEXPECTED = Status(500, "Internal Server Error")


def problem(error: SigilloError) -> HttpResponse:
    """The answer to an error that was raised on purpose."""
    response = _body(STATUSES[error.kind], error.code, error.message)
    if error.kind is Kind.UNAUTHENTICATED:
        response["WWW-Authenticate"] = "Token"
    return response


def method_not_allowed(allowed: Iterable[str]) -> HttpResponse:
    """The answer to a method that an address does not have."""
    methods = ", ".join(sorted(allowed))
    response = _body(METHOD_NOT_ALLOWED, "method_not_allowed", f"This address answers to {methods} only.")
    response["Allow"] = methods
    return response


def problem_of(error: Exception, request: HttpRequest) -> HttpResponse:
    """The answer to whatever a view raised; details of the unexpected go to the log and nowhere else."""
    if isinstance(error, SigilloError):
        return problem(error)
    for kinds, foreseen in _CALLERS:
        if isinstance(error, kinds):
            return problem(foreseen())
    logger.error("unexpected error in request %s", request.META.get("sigillo.request_id", "-"), exc_info=error)
    for kinds, foreseen in _OPERATORS:
        if isinstance(error, kinds):
            return problem(foreseen())
    return _body(UNEXPECTED, "internal_error", "Something failed on this server; its log says what.")


Foreseen = tuple[tuple[tuple[type[Exception], ...], Callable[[], SigilloError]], ...]

_CALLERS: Foreseen = (
    (
        (Http404,),
        lambda: NotFound("no_such_address", "There is nothing at this address; check it in the documentation."),
    ),
    (
        (RequestDataTooBig,),
        lambda: TooLarge("body_too_large", "The body is larger than this server accepts; send less at once."),
    ),
    (
        (SuspiciousOperation, UnreadablePostError),
        lambda: Invalid("unreadable_request", "The request could not be read to its end; send it again."),
    ),
)
"""What a caller did, in the words of others' exceptions."""

_OPERATORS: Foreseen = (
    (
        (SecretsError,),
        lambda: Unavailable("secret_unusable", "A sealed value does not open here; the operator must look."),
    ),
    (
        (BlobStoreFailed,),
        lambda: Unavailable("storage_unavailable", "The storage of documents does not answer now; try again shortly."),
    ),
    (
        (BlobError,),
        lambda: Unavailable("document_damaged", "A stored document is damaged; the operator must restore it."),
    ),
    (
        (OperationalError,),
        lambda: Unavailable("database_unavailable", "The database does not answer now; try again shortly."),
    ),
)
"""What an operator must mend; the log has the whole of it."""


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's handler404: an address that no route knows."""
    return problem_of(Http404(), request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: a request that Django refused before any view saw it."""
    return problem_of(exception if isinstance(exception, SuspiciousOperation) else SuspiciousOperation(), request)


def server_error(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Django's handler500: a failure outside of every view; Django has logged it."""
    return _body(UNEXPECTED, "internal_error", "Something failed on this server; its log says what.")


def _body(status: Status, code: str, sentence: str) -> HttpResponse:
    meta = {"code": status.code, "error_type": status.words, "error_message": sentence, "error_code": code}
    body: dict[str, object] = {"meta": meta, "data": None}
    if status.code in (401, 403):
        body["detail"] = sentence
    return json_answer(body, status=status.code)
