"""The samples of the source of the API, run as they are printed against a live server: only the host is another.

Of an operation that is not served yet the samples are refused, and run as soon as there is a route.
"""

import base64
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests
from pytest_django import Settings

from sigillo.flows.create_token import NewToken, create_token
from sigillo.flows.create_transaction import NewSignature
from sigillo.installation import outbound
from tests.api.calling import post
from tests.api.operations import NOT_YET_SERVED, OPERATIONS, Operation
from tests.api.samples import HOST, ORGANIZATION, SEEDS, TITLE, TOKEN, Sample, read_samples, read_substitutions, source
from tests.flows.stories import begin, give_identity, ready, signatures
from tests.support.chain import signer
from tests.support.live import live
from tests.support.programs import needs
from tests.support.server import document_server
from tests.support.world import House, make_house, make_root

SAMPLES = read_samples(source())
FREE = ("provider_data", "document_uri_options", "constraints")
"""Objects whose keys are the caller's own."""

APPLICANT = {
    "last_name": "Doe",
    "first_name": "John",
    "birth_date": "01-01-1990",
    "birth_country": "Italy",
    "email": "jdo@example.com",
    "phone_mobile": "+391234567890",
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""One pixel."""

pytestmark = [
    pytest.mark.skipif(not SAMPLES, reason=f"no {TITLE} at {SEEDS}; set SIGILLO_TEST_SEEDS to a copy of the sources"),
    needs("curl"),
]


@dataclass(frozen=True)
class Told:
    """What a sample was answered; JSON where it is JSON."""

    status: int
    body: Any


@dataclass
class Stage:
    """A house on a live server, and the ids of what its samples speak of, made when they are asked for."""

    url: str
    house: House

    def id_of(self, part: str, operation: Operation) -> str:
        """The id for one part of an operation's path."""
        if part == "user-id":
            return "737dc132-a3f0-11e9-a2a3-2a2ae2dbcce4"  # whom the sample of POST users makes
        if part == "organization-id":
            return self.house.organization.slug
        if operation in NOT_YET_SERVED:
            return str(uuid4())
        return str(getattr(self, f"_{part.replace('-', '_')}")(operation))

    def _identity_id(self, _operation: Operation) -> object:
        return give_identity(self.house)

    def _enrollment_id(self, _operation: Operation) -> object:
        body = {"user": str(uuid4()), "provider_id": "st-approval", "provider_data": APPLICANT}
        answer = post(self.house.owner, f"/api/v1/{self.house.organization.slug}/enroll", body)
        assert answer.status == 201, answer.content
        return answer.data["id"]

    def _dst_id(self, _operation: Operation) -> object:
        return begin(self.house, uri="https://files.example/a.pdf")

    def _document_id(self, _operation: Operation) -> object:
        return signatures(ready(self.house))[0].document_id

    def _signature_id(self, operation: Operation) -> object:
        """An automatic signer's for the operation that asks for a password, else one of the caller's own."""
        if operation[1].endswith("/perform"):
            give_identity(self.house)
            return signatures(ready(self.house))[0].id
        return signatures(ready(self.house, (NewSignature(signer="jdo"),)))[0].id

    def _token_id(self, _operation: Operation) -> object:
        return create_token(self.house.owner.principal, NewToken(user="ugo")).token.id


def _with_curl(program: str) -> Told:
    """Type it into a shell."""
    shown = " --silent --show-error --max-time 20 --write-out '\n%{http_code}'"
    output = subprocess.run(["sh", "-c", program + shown], capture_output=True, check=True).stdout
    content, _, status = output.rpartition(b"\n")
    return Told(int(status), json.loads(content) if content.startswith(b"{") else content)


def _with_python(program: str) -> Told:
    """Run it; what it would print is what it was answered."""
    names: dict[str, Any] = {"print": lambda _answer: None}
    exec(compile(program, "sample", "exec"), names)
    response: requests.Response = names["r"]
    return Told(response.status_code, response.json() if response.content.startswith(b"{") else response.content)


RUNS: dict[str, tuple[Callable[[Sample], str], Callable[[str], Told]]] = {
    "curl": (lambda sample: sample.curl, _with_curl),
    "Python": (lambda sample: sample.python, _with_python),
}


@pytest.fixture
def url(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The live server; the operator opened 127.0.0.1, so that a picture can be fetched from there."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.SIGILLO_OUTBOUND_ALLOW = ("127.0.0.1",)
    outbound.cache_clear()
    make_root()
    with live() as address:
        yield address
    outbound.cache_clear()


@pytest.fixture
def picture() -> Iterator[str]:
    """The address of a picture."""
    with document_server(lambda *_: (200, {"Content-Type": "image/png"}, base64.b64decode(PNG))) as address:
        yield f"{address}/signature_appearance.png"


def _program(sample: Sample, language: str, stage: Stage, holes: dict[str, str]) -> str:
    """The sample with another host, token, organization and ids, and with what SUBSTITUTIONS.md says."""
    program = RUNS[language][0](sample)
    for row in read_substitutions():
        if row.concerns(sample, language):
            program = program.replace(row.found, re.sub(r"\{\{(\w+)\}\}", lambda hole: holes[hole[1]], row.sent))
    path = re.sub(r"\{([^}]+)\}", lambda part: stage.id_of(part[1], sample.operation), sample.operation[1])
    return program.replace(sample.address, f"{stage.url}/api/v1{path}").replace(TOKEN, stage.house.owner.token)


def _lost(shown: Any, found: Any, path: str = "data") -> list[str]:
    """What the sample's answer has and ours has not."""
    if isinstance(shown, dict) and isinstance(found, dict):
        lost = [f"{path}.{name}" for name in shown if name not in found]
        deeper = (name for name in shown if name in found and name not in FREE)
        return lost + [item for name in deeper for item in _lost(shown[name], found[name], f"{path}.{name}")]
    if isinstance(shown, list) and isinstance(found, list):
        return _lost(shown[0], found[0], f"{path}[0]") if shown and found else []
    return [] if isinstance(found, type(shown)) or shown is None or found is None else [path]


def _fault(sample: Sample, told: Told) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if sample.operation in NOT_YET_SERVED:
        return "" if told.status in (404, 405) else f"is not served, and answered {told.status}"
    if told.status != sample.status:
        return f"{told.status} {str(told.body)[:300]}"
    if not sample.response:
        return "" if isinstance(told.body, bytes) else "no document"
    if told.body["meta"] != sample.response["meta"]:
        return f"meta {told.body['meta']}"
    return ", ".join(_lost(sample.response["data"], told.body["data"]))


@pytest.mark.parametrize("language", RUNS)
def test_samples_run_as_they_are_printed(language: str, url: str, picture: str) -> None:
    stage = Stage(url, make_house(ORGANIZATION))
    first = sorted(SAMPLES, key=lambda sample: sample.operation != ("POST", "/{organization-id}/users"))
    holes = {"certificate": base64.b64encode(signer().certificate).decode(), "picture": picture}
    faults = {}
    for sample in first:
        told = RUNS[language][1](_program(sample, language, stage, holes))
        faults[" ".join(sample.operation)] = _fault(sample, told)
    assert {operation: fault for operation, fault in faults.items() if fault} == {}


def test_every_operation_has_its_samples() -> None:
    assert tuple(sample.operation for sample in SAMPLES) == OPERATIONS
    for sample in SAMPLES:
        for program in (sample.curl, sample.python):
            assert program.count(sample.address) == 1
        shape = re.sub(r"\{[^}]+\}", r"[^/]+", sample.operation[1])
        assert re.fullmatch(f"{HOST}/api/v1{shape}", sample.address)


def test_every_substitution_is_needed() -> None:
    rows = read_substitutions()
    assert len(rows) >= 7
    for row in rows:
        for language in row.languages:
            programs = [RUNS[language][0](sample) for sample in SAMPLES if row.concerns(sample, language)]
            assert any(row.found in program for program in programs), row
