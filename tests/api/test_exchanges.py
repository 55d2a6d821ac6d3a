"""Every golden exchange of `contract/exchanges`, replayed: request in, exactly that answer out."""

import json
from pathlib import Path
from typing import Any

import pytest

from sigillo.installation import public_url
from sigillo.transactions.models import Document
from tests.api.calling import Answer, send
from tests.api.exchanges import Memory
from tests.flows.stories import data_uri, fetch_document
from tests.support.pages import pdf
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


@pytest.mark.parametrize("path", sorted(EXCHANGES.glob("*.json")), ids=lambda path: path.stem)
def test_exchange(path: Path, acme: House, bravo: House) -> None:
    actors = _actors(acme, bravo)
    memory = Memory(public=public_url(), pdf=data_uri(pdf()))
    for step in json.loads(path.read_text("utf-8"))["steps"]:
        if "worker" in step:
            for key in Document.objects.filter(ready=False).values_list("id", flat=True):
                fetch_document(key)
            continue
        answer, expected = _ask(actors[step["as"]], memory.fill(step["request"])), step["answer"]
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
        *("main-job", "refusals", "wallet-associate", "organization", "groups"),
        *("transactions-end", "transaction-events", "webhooks"),
        *(f"{resource}-{verb}" for resource in ("users", "tokens") for verb in ("create", "edit")),
    }
