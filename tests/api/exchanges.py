"""Reading a golden exchange: filling in what was remembered, and comparing an answer with its pattern."""

import re
from typing import Any

KINDS = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
    "token": r"[0-9a-f]{32}",
    "secret": r"whsec_[A-Za-z0-9+/]{43}=",
    "digest": r"[0-9a-f]{64}",
    "number": r"\d+",
    "pem": r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n?",
}
_HOLE = re.compile(r"\{\{(\w+)(?::(\w+))?\}\}")


class Memory:
    """What the steps of one exchange have shown so far, by name."""

    def __init__(self, **known: str) -> None:
        self.known = known

    def fill(self, value: Any) -> Any:
        """A request with everything recalled that it names."""
        if isinstance(value, str):
            return _HOLE.sub(lambda hole: self.known[hole[1]], value)
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return [self.fill(item) for item in value] if isinstance(value, list) else value

    def check(self, expected: Any, found: Any, path: str = "") -> None:
        """Compare exactly, keys and their order included; remember what the pattern names."""
        if isinstance(expected, dict) and isinstance(found, dict):
            assert list(expected) == list(found), path
            for key, item in expected.items():
                self.check(item, found[key], f"{path}.{key}")
        elif isinstance(expected, list) and isinstance(found, list):
            assert len(expected) == len(found), path
            for index, item in enumerate(expected):
                self.check(item, found[index], f"{path}[{index}]")
        elif isinstance(expected, str) and isinstance(found, str):
            self._check_text(expected, found, path)
        else:
            assert (type(expected), expected) == (type(found), found), path

    def _check_text(self, expected: str, found: str, path: str) -> None:
        pattern, position = "", 0
        for hole in _HOLE.finditer(expected):
            pattern += re.escape(expected[position : hole.start()])
            pattern += self._piece(hole[1], hole[2])
            position = hole.end()
        matched = re.fullmatch(pattern + re.escape(expected[position:]), found)
        assert matched, f"{path}: {found!r} is not {expected!r}"
        self.known |= matched.groupdict()

    def _piece(self, kind: str, name: str | None) -> str:
        if kind not in KINDS:
            return re.escape(self.known[kind])
        return f"(?P<{name}>{KINDS[kind]})" if name else KINDS[kind]
