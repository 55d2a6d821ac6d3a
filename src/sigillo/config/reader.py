"""Reading settings one after another: what is wrong is gathered with its remedy, and told all at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from sigillo.base.errors import SigilloError
from sigillo.secrets.errors import SecretsError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong setting: its name, what is wrong with it, and what to do."""

    name: str
    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.said} {self.remedy}"


class WrongSettings(Exception):
    """At least one setting is wrong; `problems` names each with its remedy."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Reader:
    """Reads one setting after another and gathers what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str], secrets: Sequence[str]) -> None:
        self.environ = environ
        self.secrets = secrets
        self.problems: list[Problem] = []

    def text(self, name: str, default: str = "") -> str:
        """The value of a setting, or of the file that `NAME_FILE` names where it is a secret."""
        value = self.environ.get(name, "").strip()
        path = self.environ.get(f"{name}_FILE", "").strip() if name in self.secrets else ""
        if value and path:
            self.wrong(name, f"{name} and {name}_FILE are both set.", "Keep one of them.")
        if not value and path:
            try:
                value = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                self.wrong(f"{name}_FILE", "the file it names cannot be read.", "Check its path and permissions.")
        return value or default

    def parsed(self, name: str, default: str, parse: Callable[[str], T], remedy: str) -> T:
        """The value once `parse` has read it; what it raises (ValueError and ours) is gathered."""
        try:
            return parse(self.text(name, default))
        except (ValueError, SigilloError, SecretsError) as error:
            self.wrong(name, str(error).removeprefix(f"{name}: "), remedy)
            return parse(default)

    def number(self, name: str, default: int, limits: tuple[int, int], remedy: str) -> int:
        """A whole number within limits, both of them included."""
        return self.parsed(name, str(default), whole(*limits), remedy)

    def choice(self, name: str, choices: tuple[str, ...], remedy: str) -> str:
        """One of the choices; the first is the default."""
        return self.parsed(name, choices[0], one_of(*choices), remedy)

    def wrong(self, name: str, said: str, remedy: str) -> None:
        """Gather one more that is wrong."""
        self.problems.append(Problem(name, said, remedy))


def one_of(*choices: str) -> Callable[[str], str]:
    """A reader of one of these words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text[:40]!r} is not a choice.")
        return text

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of a whole number from `low` to `high`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"{text[:40]!r} is not a whole number from {low} to {high}.")
        return int(text)

    return parse


def parse_url(text: str) -> str:
    """An absolute http(s) address without query and without a slash at its end.

    Raises:
        ValueError: it is not one.
    """
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ValueError("an address for everybody holds no user name or password.")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{text[:200]!r} is not an http or https address.")
    _ = parts.port  # raises ValueError for a port that is no number
    return text.rstrip("/")
