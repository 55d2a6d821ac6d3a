"""Every golden exchange of `contract/exchanges`, replayed: request in, exactly that answer out."""

import json
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from sigillo.base.clock import now
from sigillo.installation import public_url
from sigillo.organizations.models import User
from sigillo.pki.certificates import to_pem
from sigillo.transactions.models import Document
from tests.api.calling import Answer, send
from tests.api.exchanges import Memory
from tests.flows.stories import data_uri, fetch_document
from tests.support import server
from tests.support.codes import newest_code
from tests.support.drawings import drawn
from tests.support.pages import pdf
from tests.support.people import people
from tests.support.server import document_server
from tests.support.world import Actor, House

EXCHANGES = Path(__file__).parents[2] / "contract" / "exchanges"


def _actors(acme: House, bravo: House) -> dict[str, Actor | None]:
    return {
        "owner": acme.owner,
        "rao": acme.rao,
        "user": acme.user,
        "automatic": acme.automatic,
        "disabled": acme.disabled,
        "neighbour": bravo.owner,
        "nobody": None,
    }


def _ask(actor: Actor | None, request: dict[str, Any]) -> Answer:
    body = request.get("text", request.get("body"))
    headers = {"Content-Type": "application/json"} | request.get("headers", {})
    return send(actor, request["method"], request["path"], body, **headers)


def _work(step: dict[str, Any], house: House, memory: Memory) -> bool:
    """A step in which nobody asks anything; False where it is not one."""
    if "worker" in step:
        for key in Document.objects.filter(ready=False).values_list("id", flat=True):
            fetch_document(key)
    elif "code" in step:
        user = User.objects.get(organization=house.organization, handle=step["of"])
        memory.known[step["code"]] = newest_code(user)
    return "worker" in step or "code" in step


def _picture(_method: str, _path: str, _headers: dict[str, str]) -> server.Answer:
    return 200, {}, drawn()


@pytest.mark.parametrize("path", sorted(EXCHANGES.glob("*.json")), ids=lambda path: path.stem)
def test_exchange(path: Path, acme: House, bravo: House, request: pytest.FixtureRequest) -> None:
    story, actors = path.read_text("utf-8"), _actors(acme, bravo)
    memory = Memory(
        public=public_url(),
        pdf=data_uri(pdf()),
        token_certificate=to_pem(people().rsa.certificate),
        authority_certificate=to_pem(people().root),
    )
    with ExitStack() as meanwhile:
        if "{{picture}}" in story:
            request.getfixturevalue("loopback_open")
            memory.known["picture"] = f"{meanwhile.enter_context(document_server(_picture))}/picture.png"
        for step in json.loads(story)["steps"]:
            if "later" in step:
                meanwhile.enter_context(time_machine.travel(now() + timedelta(seconds=step["later"])))
            elif not _work(step, acme, memory):
                _check(_ask(actors[step["as"]], memory.fill(step["request"])), step, memory)


def _check(answer: Answer, step: dict[str, Any], memory: Memory) -> None:
    expected = step["answer"]
    assert answer.status == expected["status"], (step["request"], answer.content)
    for name, value in expected.get("headers", {}).items():
        memory.check(value, answer.headers[name], name)
    if "begins" in expected:
        assert answer.content.startswith(expected["begins"].encode())
        assert len(answer.content) == int(answer.headers["Content-Length"])
    else:
        memory.check(expected["body"], answer.body)


def test_there_are_exchanges_for_every_resource() -> None:
    names = {path.stem for path in EXCHANGES.glob("*.json")}
    assert names == {
        *("main-job", "refusals", "organization", "organization-refusals", "messages", "webhooks"),
        *("enroll", "enroll-approval", "identities", "identities-token", "appearance", "personal-signature"),
        *("transactions-end", "transaction-events", "transactions-refusals"),
        *("wallet", "wallet-associate", "groups", "groups-refusals", "users-refusals", "tokens"),
        *(f"{resource}-{verb}" for resource in ("users", "tokens") for verb in ("create", "edit")),
    }
