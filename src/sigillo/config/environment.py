"""The settings an operator gives, read from the environment once and checked before anything starts.

Every name is documented in `docs/settings.md`; a test holds that page and this file together. A secret may
also be given as `NAME_FILE`, the path of a file that holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote, unquote, urlsplit

from sigillo.blobs.s3.location import S3Keys, parse_s3
from sigillo.config.reader import Problem, Reader, WrongSettings, parse_url
from sigillo.config.signing_services import CSC_NAMES, signing_services
from sigillo.config.time_stamping import parse_roots, parse_services
from sigillo.identities.providers.csc.values import Service
from sigillo.identities.timestamp_services import TimestampService
from sigillo.messages.gateways import parse_gateway, parse_mail_gateway
from sigillo.outbound.policy import parse_allow
from sigillo.secrets.sealing import Keyring

__all__ = ["CSC_NAMES", "NAMES", "SECRETS", "Environment", "Problem", "WrongSettings", "parse_url", "read"]

Kind = Literal["sandbox", "production"]

DEFAULT_BIND = "127.0.0.1:8000"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Environment:
    """All settings, parsed. Paths are absolute."""

    home: Path
    environment: Kind
    public_url: str
    pki_url: str
    database_url: str
    blobs: str
    s3_access_key: str | None
    s3_secret_key: str | None
    outbound_allow: tuple[str, ...]
    master_key: str | None
    tokens_show_once: bool
    web_threads: int
    workers: int
    max_body_bytes: int
    max_document_bytes: int
    job_retry_seconds: int
    log_level: str
    log_format: str
    sms_url: str
    mail_url: str
    tsa: tuple[TimestampService, ...]
    tsa_roots: tuple[bytes, ...]
    csc: Mapping[str, Service]
    """The remote signing services, by provider."""

    @property
    def s3_keys(self) -> S3Keys | None:
        """What requests to S3 are signed with, unless boto3 is to look for keys itself."""
        return S3Keys(self.s3_access_key, self.s3_secret_key) if self.s3_access_key and self.s3_secret_key else None


NAMES = {
    "SIGILLO_HOME": "home",
    "SIGILLO_ENVIRONMENT": "environment",
    "SIGILLO_PUBLIC_URL": "public_url",
    "SIGILLO_PKI_URL": "pki_url",
    "DATABASE_URL": "database_url",
    "SIGILLO_BLOBS": "blobs",
    "SIGILLO_S3_ACCESS_KEY": "s3_access_key",
    "SIGILLO_S3_SECRET_KEY": "s3_secret_key",
    "SIGILLO_OUTBOUND_ALLOW": "outbound_allow",
    "SIGILLO_MASTER_KEY": "master_key",
    "SIGILLO_TOKENS_SHOW_ONCE": "tokens_show_once",
    "SIGILLO_WEB_THREADS": "web_threads",
    "SIGILLO_WORKERS": "workers",
    "SIGILLO_MAX_BODY_MIB": "max_body_bytes",
    "SIGILLO_MAX_DOCUMENT_MIB": "max_document_bytes",
    "SIGILLO_JOB_RETRY_SECONDS": "job_retry_seconds",
    "SIGILLO_LOG_LEVEL": "log_level",
    "SIGILLO_LOG_FORMAT": "log_format",
    "SIGILLO_SMS_URL": "sms_url",
    "SIGILLO_MAIL_URL": "mail_url",
    "SIGILLO_TSA_URLS": "tsa",
    "SIGILLO_TSA_ROOTS": "tsa_roots",
}
SECRETS = (
    *("DATABASE_URL", "SIGILLO_MASTER_KEY", "SIGILLO_SMS_URL", "SIGILLO_MAIL_URL"),
    *("SIGILLO_S3_ACCESS_KEY", "SIGILLO_S3_SECRET_KEY", "SIGILLO_TSA_URLS"),
    *(names["CLIENT_SECRET"] for names in CSC_NAMES.values()),
)


def _plain_url(text: str) -> str:
    """An http address as `parse_url` has it, or nothing: clients that ask about revocation do so without TLS."""
    if text and urlsplit(text).scheme != "http":
        raise ValueError(f"{text[:200]!r} is not an http address.")
    return text and parse_url(text)


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
    if parts.scheme == "s3":
        parse_s3(text)
        return text
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
    reader = Reader(environ, SECRETS)
    home = Path(reader.text("SIGILLO_HOME", "home")).expanduser().absolute()
    if home.exists() and not home.is_dir():
        reader.wrong("SIGILLO_HOME", f"{home} is not a folder.", "Name a folder, or one that may be created.")
    kind = _kind(reader)
    access_key, secret_key = _s3_keys(reader)
    sms_url, mail_url = _gateways(reader)
    settings = Environment(
        home=home,
        environment=kind,
        public_url=_public_url(reader),
        pki_url=_pki_url(reader),
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
            "Use file:/path/to/folder or s3://bucket/prefix?endpoint=https://host.",
        ),
        s3_access_key=access_key,
        s3_secret_key=secret_key,
        outbound_allow=reader.parsed(
            "SIGILLO_OUTBOUND_ALLOW",
            "",
            parse_allow,
            "Give hosts, addresses or CIDRs parted by commas, such as files.example.org,10.0.0.0/8.",
        ),
        master_key=reader.parsed(
            "SIGILLO_MASTER_KEY", "", _master_key, "Give the content of the master.key of this installation."
        ),
        tokens_show_once=_tokens_show_once(reader),
        web_threads=reader.number("SIGILLO_WEB_THREADS", 8, (1, 256), "Use 8 where in doubt."),
        workers=reader.number("SIGILLO_WORKERS", 4, (1, 64), "Use twice the number of cores."),
        **_limits(reader, kind),
        log_level=reader.choice(
            "SIGILLO_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR"), "Set it to DEBUG, INFO, WARNING or ERROR."
        ),
        log_format=reader.choice("SIGILLO_LOG_FORMAT", ("auto", "json", "console"), "Set it to auto, json or console."),
        sms_url=sms_url,
        mail_url=mail_url,
        tsa=_tsa(reader),
        tsa_roots=_tsa_roots(reader),
        csc=signing_services(reader, production=kind == "production"),
    )
    if reader.problems:
        raise WrongSettings(reader.problems)
    return settings


def _s3_keys(reader: Reader) -> tuple[str | None, str | None]:
    """Both keys or none; without them boto3 looks for its own: in the environment, in its files, at the machine."""
    given = {name: reader.text(name) or None for name in ("SIGILLO_S3_ACCESS_KEY", "SIGILLO_S3_SECRET_KEY")}
    for name, value in given.items():
        if not value and any(given.values()):
            reader.wrong(
                name, "it is missing, and the other key of S3 is set.", "Set both keys of one account, or none."
            )
    access_key, secret_key = given.values()
    return access_key, secret_key


def _public_url(reader: Reader) -> str:
    return reader.parsed(
        "SIGILLO_PUBLIC_URL",
        f"http://{DEFAULT_BIND}",
        parse_url,
        "Give the address at which others reach this server, such as https://sign.example.org.",
    )


def _pki_url(reader: Reader) -> str:
    return reader.parsed(
        "SIGILLO_PKI_URL",
        "",
        _plain_url,
        "Give the http address under which /pki/ is reached, such as http://sign.example.org, or leave it out.",
    )


def _tsa(reader: Reader) -> tuple[TimestampService, ...]:
    both = "https://user:password@tsa.example.org/tsr,http://time.example.net"
    return reader.parsed("SIGILLO_TSA_URLS", "", parse_services, f"Give up to five addresses in order, such as {both}.")


def _tsa_roots(reader: Reader) -> tuple[bytes, ...]:
    remedy = "Name a file of root certificates in PEM, or leave it out."
    return reader.parsed("SIGILLO_TSA_ROOTS", "", parse_roots, remedy)


def _tokens_show_once(reader: Reader) -> bool:
    remedy = "Set it to yes to show a token's value only when it is issued, or to no."
    return reader.choice("SIGILLO_TOKENS_SHOW_ONCE", ("no", "yes"), remedy) == "yes"


def _kind(reader: Reader) -> Kind:
    remedy = "Set it to sandbox (the embedded authority answers for every provider without a service) or production."
    return cast(Kind, reader.choice("SIGILLO_ENVIRONMENT", ("sandbox", "production"), remedy))


def _limits(reader: Reader, kind: Kind) -> dict[str, int]:
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


def _gateways(reader: Reader) -> tuple[str, str]:
    remedy = "Give an Apprise address with {{to}} in its path or parameters, such as {}."
    sms, mail = "jsons://sms.example.org/?:to={to}", "mailtos://user:password@mail.example.org?to={to}"
    return (
        reader.parsed("SIGILLO_SMS_URL", "", parse_gateway, remedy.format(sms)),
        reader.parsed("SIGILLO_MAIL_URL", "", parse_mail_gateway, remedy.format(mail)),
    )
