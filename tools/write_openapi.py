"""Write what describes the API: the examples, out of the golden exchanges, and `contract/openapi.yaml`.

    python -m tools.write_openapi

The examples are kept beside the code that serves them; a test compares both files with what this would write.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).parents[1]
EXCHANGES = ROOT / "contract" / "exchanges"
DOCUMENT = ROOT / "contract" / "openapi.yaml"
ADDRESS = "http://127.0.0.1:8000"
"""Where `make run` serves."""

_HOLE = re.compile(r"\{\{(\w+)(?::(\w+))?\}\}")
_PEM = "-----BEGIN CERTIFICATE-----\nMIIDazCCAlOgAwIBAgIUQ2k=\n-----END CERTIFICATE-----\n"
_FIXED = {
    "public": "{{public}}",
    "pdf": "data:application/pdf;base64,JVBERi0xLjcKJeLjz9MK",
    "moment": "2026-01-31T12:00:00.000000Z",
    "number": "1",
    "secret": "whsec_c2lnaWxsbyBzaWduaW5nIHRvZGF5IHdlYmhvb2tzICEhISE=",
    "picture": "https://www.example.org/signature.png",
    "masked": "+39*******567",
    "code": "482915",
    **dict.fromkeys(("pem", "token_certificate", "authority_certificate"), _PEM),
}


class Values:
    """Values for the holes of one story: the same name gets the same value, today and tomorrow."""

    def __init__(self, story: str) -> None:
        self._story = story
        self._kinds: dict[str, str] = {}
        """Of each name, by what it was first matched."""
        self._unnamed = count(1)

    def fill(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """The value without holes, but for the address of the installation."""
        if isinstance(value, str):
            return _HOLE.sub(self._value, value)
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return [self.fill(item) for item in value] if isinstance(value, list) else value

    def expect(self, name: str, kind: str) -> None:
        """Have a name stand for something that no answer shows, such as a one-time password."""
        self._kinds[name] = kind

    def _value(self, hole: re.Match[str]) -> str:
        kind, name = hole[1], hole[2]
        if kind in self._kinds:
            kind, name = self._kinds[kind], kind
        elif name:
            self._kinds[name] = kind
        if kind in _FIXED:
            return _FIXED[kind]
        digest = sha256(f"{self._story} {name or next(self._unnamed)}".encode()).hexdigest()
        made = {"uuid": str(UUID(digest[:32], version=4)), "token": digest[:32], "digest": digest}
        return made.get(kind, f"{kind}-{digest[:12]}")


def examples() -> dict[str, list[dict[str, Any]]]:
    """The examples by operation: the first success, and the first of each problem, in the order of the exchanges."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    seen: set[tuple[str, str]] = set()
    for operation, example in _exchanges():
        name = "success" if example["status"] < 400 else example["answer"]["meta"]["error_code"]
        if (operation, name) not in seen:
            seen.add((operation, name))
            gathered.setdefault(operation, []).append(example)
    return {operation: sorted(found, key=lambda each: each["status"]) for operation, found in sorted(gathered.items())}


def _exchanges() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every exchange of every story that is one of an operation."""
    for path in sorted(EXCHANGES.glob("*.json")):
        values = Values(path.stem)
        for step in json.loads(path.read_text("utf-8"))["steps"]:
            if "code" in step:
                values.expect(step["code"], "code")
            elif "request" in step:
                request, answer = values.fill(step["request"]), values.fill(step["answer"])
                operation = _operation(request["method"], request["path"])
                if operation:
                    yield operation, _example(request, answer)


def _example(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    address = f"{_FIXED['public']}{request['path']}"
    example = {"method": request["method"], "address": address, "status": answer["status"]}
    held = {"request": request.get("body"), "answer": answer.get("body"), "begins": answer.get("begins")}
    return example | {name: value for name, value in held.items() if value is not None}


def _operation(method: str, path: str) -> str | None:
    """The id of the operation that answers there."""
    from sigillo.api.openapi.names import operation_id
    from sigillo.api.v1.routes import ROUTES

    asked = path.partition("?")[0].removeprefix("/api/v1/")
    for route in ROUTES:
        if route.method == method and re.fullmatch(re.sub("<[^>]*>", "[^/]+", route.address), asked):
            return operation_id(route)
    return None


def examples_text() -> str:
    """The file of examples."""
    return json.dumps(examples(), indent=1, ensure_ascii=False) + "\n"


def document_text() -> str:
    """The document, with the examples of the file."""
    from sigillo.api.openapi.document import document
    from sigillo.api.openapi.writing import to_yaml

    return to_yaml(document(ADDRESS))


def _set_up(home: Path) -> None:
    """Django with an empty home: no row is read."""
    for name in [name for name in os.environ if name.startswith("SIGILLO_")]:
        del os.environ[name]
    os.environ |= {"SIGILLO_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sigillo.config.settings"}
    import sigillo.config.settings  # noqa: F401 - it chooses the SQLite in use before Django is imported

    import django  # isort: skip

    django.setup()


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as home:
        _set_up(Path(home))
        from sigillo.api.openapi.examples import FILE

        FILE.write_text(examples_text(), "utf-8")
        DOCUMENT.write_text(document_text(), "utf-8")
        for path in (FILE, DOCUMENT):
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
