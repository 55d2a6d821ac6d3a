"""A caller of the API: requests as a program sends them, answers with everything that a test looks at."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.support.world import Actor


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def data(self) -> Any:
        return self.body["data"]

    @property
    def message(self) -> str:
        return str(self.body["meta"]["error_message"])

    @property
    def code(self) -> str:
        return str(self.body["meta"]["error_code"])


def send(actor: Actor | None, method: str, path: str, body: object = None, **headers: str) -> Answer:
    """Send a request; a body that is neither text nor bytes goes as JSON."""
    raw = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body).encode()
    given = {"Authorization": actor.header} if actor else {}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    if raw:
        given.setdefault("Content-Type", "application/json")
    client = Client(raise_request_exception=False)
    response = client.generic(method, path, raw, content_type="", headers=given)
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return Answer(response.status_code, dict(response.headers), content)


def get(actor: Actor | None, path: str, **headers: str) -> Answer:
    return send(actor, "GET", path, **headers)


def post(actor: Actor | None, path: str, body: object = None, **headers: str) -> Answer:
    return send(actor, "POST", path, body, **headers)


def assert_refused(answer: Answer, status: int, code: str, *words: str) -> None:
    """The whole envelope of a refusal; `words` must be in its sentence."""
    assert (answer.status, answer.code) == (status, code), answer.content
    meta = answer.body["meta"]
    assert set(meta) == {"code", "error_type", "error_message", "error_code"}
    assert meta["code"] == status
    assert answer.data is None
    assert set(answer.body) == ({"meta", "data", "detail"} if status in (401, 403) else {"meta", "data"})
    assert answer.body.get("detail", answer.message) == answer.message
    assert answer.message.endswith(".")
    for word in words:
        assert word in answer.message
