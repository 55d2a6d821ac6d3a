"""The samples of the source of the API, in curl and Python, as it prints them.

They are taken out of a copy beside the repository, which is not ours to keep here; SIGILLO_TEST_SEEDS names another
directory that holds one.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.api.operations import Operation

SEEDS = Path(os.environ.get("SIGILLO_TEST_SEEDS") or Path(__file__).parents[3] / "shared" / "seeds")
SUBSTITUTIONS = Path(__file__).parents[2] / "contract" / "exchanges" / "SUBSTITUTIONS.md"
TITLE = "Signing Today API v1.5.0"
HOST, TOKEN, ORGANIZATION = "https://sandbox.signingtoday.com", "0a3d15e82b144e75a70991b7b655741d", "api-demo"

_OPERATION = re.compile(
    r"^(?P<method>GET|POST|PUT|PATCH|DELETE)\n\n(?P<path>/\S+)\n\nClick to copy\n(?P<curl>curl .*?)\nvar client = "
    r".*?^(?P<python>import requests\n.*?^print\(r\.json\(\)\))\n"
    r"(?P<status>\d{3})\n\nResponse\n\n(?P<response>\{\}|\{\n.*?^\})$",
    re.DOTALL | re.MULTILINE,
)
_ROW = re.compile(
    r"^\| (?P<operation>[^|]+) \| (?P<language>[^|]+) \| `(?P<found>[^`]+)` \| (?P<sent>[^|]*) \|", re.MULTILINE
)


@dataclass(frozen=True)
class Sample:
    """One operation as the source shows it: two programs, and what they are answered."""

    operation: Operation
    curl: str
    python: str
    status: int
    response: Any

    @property
    def address(self) -> str:
        """The address that it calls, as it is printed."""
        return str(re.findall(rf"{HOST}/[^\s'\"]+", self.curl)[0])


@dataclass(frozen=True)
class Substitution:
    """A row of SUBSTITUTIONS.md; `operation` None means any."""

    operation: Operation | None
    languages: frozenset[str]
    found: str
    sent: str

    def concerns(self, sample: Sample, language: str) -> bool:
        """Whether a sample is changed by it."""
        return self.operation in (None, sample.operation) and language in self.languages


def source() -> str:
    """The text of the source; empty where there is no copy."""
    texts = (path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt")))
    return next((text for text in texts if TITLE in text), "")


def read_samples(text: str) -> list[Sample]:
    """Every operation in the text that has samples."""
    return [
        Sample(
            (found["method"], found["path"]),
            found["curl"],
            found["python"],
            int(found["status"]),
            json.loads(found["response"]),
        )
        for found in _OPERATION.finditer(text)
    ]


def read_substitutions() -> list[Substitution]:
    """What is sent in place of what a sample has, beyond host, token and ids."""
    rows = list(_ROW.finditer(SUBSTITUTIONS.read_text("utf-8")))
    return [
        Substitution(
            None if row["operation"] == "any" else _operation(row["operation"]),
            frozenset({"curl", "Python"} if row["language"] == "both" else {row["language"]}),
            row["found"],
            row["sent"].strip("`"),
        )
        for row in rows
    ]


def _operation(cell: str) -> Operation:
    method, path = cell.strip("`").split(" ")
    return method, path
