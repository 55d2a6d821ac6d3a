"""The envelope of every JSON answer, written in one place."""

from collections.abc import Mapping, Sequence

import msgspec
from django.http import HttpResponse

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def json_answer(body: Mapping[str, object], status: int = 200) -> HttpResponse:
    """A JSON answer that no cache keeps and no browser reads as anything else."""
    return HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json", headers=HEADERS)


def found(data: object) -> HttpResponse:
    """One object, or what an action leaves to say."""
    return json_answer({"meta": {"code": 200}, "data": data})


def created(data: object) -> HttpResponse:
    """A new object: HTTP says 201 and `meta.code` 200, as every sample of the contract does."""
    return json_answer({"meta": {"code": 200}, "data": data}, status=201)


def listed(pagination: Mapping[str, object], data: Sequence[object]) -> HttpResponse:
    """A page of a list."""
    return json_answer({"pagination": pagination, "meta": {"code": 200}, "data": data})
