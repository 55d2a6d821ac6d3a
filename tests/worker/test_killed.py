"""A worker that is killed with a job in hand: the job runs again, and the transaction goes on."""

import json
import os
import signal
import threading
from pathlib import Path

from tests.cli.serving import family, sigillo, started, wait_for
from tests.support.pages import pdf
from tests.support.server import Answer, document_server

RETRY_SECONDS = "4"


class Hanging:
    """A document server that keeps its first caller waiting for ever, and serves the others."""

    def __init__(self) -> None:
        self.calls = 0
        self.called = threading.Event()
        self.released = threading.Event()

    def answer(self, _method: str, _path: str, _headers: dict[str, str]) -> Answer:
        self.calls += 1
        if self.calls == 1:
            self.called.set()
            self.released.wait(60)
            return 200, {}, b""  # whoever called is dead by now
        return 200, {"Content-Type": "application/pdf"}, pdf()


def _kill(*pids: int) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def test_a_fetch_in_hand_runs_again_after_kill_9(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = sigillo("init", "--organization", "api-demo", "--owner", "jdo", "--json", home=home)
    assert made.returncode == 0, made.stderr
    settings = {
        "SIGILLO_OUTBOUND_ALLOW": "127.0.0.1",
        "SIGILLO_JOB_RETRY_SECONDS": RETRY_SECONDS,
        "SIGILLO_WORKERS": "2",
    }
    origin = Hanging()
    with document_server(origin.answer) as address, started("serve", home, **settings) as server:
        server.token = json.loads(made.stdout)["token"]
        server.wait_until_ready()
        assert server.call("POST", "/users", {"id": "robot", "automatic": True})[0] == 201
        document = {"document_uri": f"{address}/a.pdf", "groups": [[{"signer": "robot", "profile": "pades-bes"}]]}
        _, answer = server.call("POST", "/signature-transactions", {"title": "x", "documents": [document]})
        assert origin.called.wait(30)
        before = server.workers()
        assert len(before) == 5, "guard, two of the pool, monitor and pusher"
        _kill(*before)
        server.until(answer["data"]["id"], "pending")
        assert origin.calls == 2
        origin.released.set()
        assert not set(before) & set(family(server.process.pid))

        # One process of the pool alone, idle: it dies with the lock of the shared queue in its hand.
        guard, *pool = wait_for(lambda: found if len(found := server.workers()) == 5 else None, "whole worker")
        _kill(pool[0])
        wait_for(lambda: set(server.workers()).isdisjoint(pool) and len(server.workers()) == 5, "fresh pool")
        assert server.workers()[0] == guard
        _, answer = server.call("POST", "/signature-transactions", {"title": "y", "documents": [document]})
        server.until(answer["data"]["id"], "pending")
