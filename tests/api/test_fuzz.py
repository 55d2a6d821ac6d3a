"""Whatever is asked, in the form that the description allows or out of it: no 500, and no answer that it does not have.

A few requests here, the same ones each time; `make fuzz` makes up as many as it is told.
"""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis import Case

from tests.api.fuzzing import Scene, check, described
from tests.support.world import House

DESCRIPTION = described()


@pytest.fixture
def scene(acme: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Where requests go. The connection is kept from one to the next, since it holds the transaction of the test.

    No name leads anywhere: made-up addresses are nobody's to call.
    """

    def unknown(*_asked: object, **_how: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no name is known here")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Scene(acme)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@DESCRIPTION.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_described(scene: Scene, case: Case[Any]) -> None:
    scene.place(case)
    headers = {"Authorization": scene.caller(case).header}
    with transaction.atomic():
        check(case.call(headers=headers), case, headers)
        transaction.set_rollback(True)
