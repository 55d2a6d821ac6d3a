"""The settings an operator gives, read from the environment once and checked before anything starts.

Every name is documented in `docs/settings.md`; a test holds that page and this file together. A secret may
also be given as `NAME_FILE`, the path of a file that holds it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import quote, unquote, urlsplit

from sigillo.base.errors import SigilloError
from sigillo.outbound.policy import parse_allow
from sigillo.secrets.errors import SecretsError
from sigillo.secrets.sealing import Keyring

T = TypeVar("T")
Kind = Literal["sandbox", "production"]

DEFAULT_BIND = "127.0.0.1:8000"
MEBIBYTE = 1024 * 1024


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


@dataclass(frozen=True, slots=True)
class Environment:
    """All settings, parsed. Paths are absolute."""

    home: Path
    environment: Kind
    public_url: str
    database_url: str
    blobs: str
    outbound_allow: tuple[str, ...]
    master_key: str | None
    web_threads: int
    workers: int
    max_body_bytes: int
    max_document_bytes: int
    job_retry_seconds: int
    log_level: str
    log_format: str


NAMES = {
    "SIGILLO_HOME": "home",
    "SIGILLO_ENVIRONMENT": "environment",
    "SIGILLO_PUBLIC_URL": "public_url",
    "DATABASE_URL": "database_url",
    "SIGILLO_BLOBS": "blobs",
    "SIGILLO_OUTBOUND_ALLOW": "outbound_allow",
    "SIGILLO_MASTER_KEY": "master_key",
    "SIGILLO_WEB_THREADS": "web_threads",
    "SIGILLO_WORKERS": "workers",
    "SIGILLO_MAX_BODY_MIB": "max_body_bytes",
    "SIGILLO_MAX_DOCUMENT_MIB": "max_document_bytes",
    "SIGILLO_JOB_RETRY_SECONDS": "job_retry_seconds",
    "SIGILLO_LOG_LEVEL": "log_level",
    "SIGILLO_LOG_FORMAT": "log_format",
}
SECRETS = ("DATABASE_URL", "SIGILLO_MASTER_KEY")


class _Reader:
    """Reads one setting after another and gathers what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[Problem] = []

    def text(self, name: str, default: str = "") -> str:
        value = self.environ.get(name, "").strip()
        path = self.environ.get(f"{name}_FILE", "").strip() if name in SECRETS else ""
        if value and path:
            self.wrong(name, f"{name} and {name}_FILE are both set.", "Keep one of them.")
        if not value and path:
            try:
                value = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                self.wrong(f"{name}_FILE", "the file it names cannot be read.", "Check its path and permissions.")
        return value or default

    def parsed(self, name: str, default: str, parse: Callable[[str], T], remedy: str) -> T:
        try:
            return parse(self.text(name, default))
        except (ValueError, SigilloError, SecretsError) as error:
            self.wrong(name, str(error).removeprefix(f"{name}: "), remedy)
            return parse(default)

    def number(self, name: str, default: int, limits: tuple[int, int], remedy: str) -> int:
        return self.parsed(name, str(default), _whole(*limits), remedy)

    def choice(self, name: str, choices: tuple[str, ...], remedy: str) -> str:
        return self.parsed(name, choices[0], _one_of(*choices), remedy)

    def wrong(self, name: str, said: str, remedy: str) -> None:
        self.problems.append(Problem(name, said, remedy))


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text[:40]!r} is not a choice.")
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
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


def _database(text: str) -> str:
    """The URL itself once it is one that `sigillo.config.database` reads; a password never gets into a message."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # whose own words may quote the password
        raise ValueError("it cannot be read; escape what is special in user name and password.") from None
    if parts.scheme == "sqlite":
        if parts.netloc or not parts.path.startswith("//"):
            raise ValueError("the path of the SQLite file is not absolute.")
    elif parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"the scheme {parts.scheme[:20]!r} is not a database that Sigillo runs on.")
    elif not parts.path.strip("/"):
        raise ValueError("the name of the PostgreSQL database is missing.")
    return text


def _blobs(text: str) -> str:
    """The location itself once it is one that `sigillo.blobs.store` opens."""
    parts = urlsplit(text)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not path.is_absolute() or path == Path("/"):
        raise ValueError(f"{parts.scheme[:20]}:… is not a place for documents that this version can use.")
    return text


def _master_key(text: str) -> str | None:
    if text:
        Keyring.parse(text)
    return text or None


def read(environ: Mapping[str, str]) -> Environment:
    """Parse and check all settings.

    Raises:
        WrongSettings: one or more are wrong; every one of them is named, with its remedy.
    """
    reader = _Reader(environ)
    home = Path(reader.text("SIGILLO_HOME", "home")).expanduser().absolute()
    if home.exists() and not home.is_dir():
        reader.wrong("SIGILLO_HOME", f"{home} is not a folder.", "Name a folder, or one that may be created.")
    kind = cast(
        Kind,
        reader.choice(
            "SIGILLO_ENVIRONMENT",
            ("sandbox", "production"),
            "Set it to sandbox (every provider is answered by the embedded authority) or production.",
        ),
    )
    settings = Environment(
        home=home,
        environment=kind,
        public_url=reader.parsed(
            "SIGILLO_PUBLIC_URL",
            f"http://{DEFAULT_BIND}",
            parse_url,
            "Give the address at which others reach this server, such as https://sign.example.org.",
        ),
        database_url=reader.parsed(
            "DATABASE_URL",
            f"sqlite:///{quote(str(home))}/sigillo.sqlite3",
            _database,
            "Use sqlite:////path/to/file or postgresql://user:password@host:5432/name.",
        ),
        blobs=reader.parsed(
            "SIGILLO_BLOBS",
            f"file:{quote(str(home))}/blobs",
            _blobs,
            "Use file:/path/to/folder; S3 storage is not available yet.",
        ),
        outbound_allow=reader.parsed(
            "SIGILLO_OUTBOUND_ALLOW",
            "",
            parse_allow,
            "Give hosts, addresses or CIDRs parted by commas, such as files.example.org,10.0.0.0/8.",
        ),
        master_key=reader.parsed(
            "SIGILLO_MASTER_KEY", "", _master_key, "Give the content of the master.key of this installation."
        ),
        web_threads=reader.number("SIGILLO_WEB_THREADS", 8, (1, 256), "Use 8 where in doubt."),
        workers=reader.number("SIGILLO_WORKERS", 4, (1, 64), "Use twice the number of cores."),
        **_limits(reader, kind),
        log_level=reader.choice(
            "SIGILLO_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR"), "Set it to DEBUG, INFO, WARNING or ERROR."
        ),
        log_format=reader.choice("SIGILLO_LOG_FORMAT", ("auto", "json", "console"), "Set it to auto, json or console."),
    )
    if reader.problems:
        raise WrongSettings(reader.problems)
    return settings


def _limits(reader: _Reader, kind: Kind) -> dict[str, int]:
    mebibytes = "Give mebibytes from 1 to 1024; {} is the default."
    return {
        "max_body_bytes": MEBIBYTE * reader.number("SIGILLO_MAX_BODY_MIB", 64, (1, 1024), mebibytes.format("64")),
        "max_document_bytes": MEBIBYTE
        * reader.number("SIGILLO_MAX_DOCUMENT_MIB", 256, (1, 1024), mebibytes.format("256")),
        # The lease of a download (3 s in the sandbox, 60 s in production) and 20 s of intake; a job has three quarters.
        "job_retry_seconds": reader.number(
            "SIGILLO_JOB_RETRY_SECONDS",
            120 if kind == "production" else 40,
            (2, 3600),
            "After so many seconds a job whose worker died runs again; leave it out where in doubt.",
        ),
    }
