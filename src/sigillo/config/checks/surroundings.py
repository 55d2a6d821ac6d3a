"""The machine and the environment: checks that need neither Django nor a database."""

import difflib
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sigillo.config.checks.finding import Finding, missing, note, weak
from sigillo.config.environment import CSC_NAMES, NAMES, SECRETS, Environment, WrongSettings, read
from sigillo.secrets.keyring import weak_permissions

GIBIBYTE = 1024**3
VERIFIERS = {"pdfsig": "poppler-utils", "mutool": "mupdf-tools", "openssl": "openssl"}
_OTHERS = ("SIGILLO_TEST_",)


def wrong_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Every setting that keeps the server from starting."""
    try:
        read(environ)
    except WrongSettings as error:
        for problem in error.problems:
            yield missing("wrong_setting", f"{problem.name}: {problem.said}", problem.remedy)


def unknown_settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Names that look like ours and are not, which therefore do nothing."""
    of_services = (name for names in CSC_NAMES.values() for name in names.values())
    known = {*NAMES, *of_services, *(f"{name}_FILE" for name in SECRETS)}
    for name in sorted(environ):
        if not name.startswith("SIGILLO_") or name in known or name.startswith(_OTHERS):
            continue
        nearest = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {nearest[0]}?" if nearest else "docs/settings.md lists them all."
        yield weak("unknown_setting", f"{name} is not a setting and does nothing.", f"Remove it; {meant}")


def home(settings: Environment) -> Iterator[Finding]:
    """The home, its keys, and who may read them."""
    keys = settings.home / "master.key"
    if not settings.home.is_dir() or not (keys.exists() or settings.master_key):
        yield missing(
            "no_home",
            f"There is no installation in {settings.home}.",
            "Run `sigillo init --organization SLUG --owner USER`, or set SIGILLO_HOME to the one you mean.",
        )
        return
    mode = stat.S_IMODE(settings.home.stat().st_mode)
    if mode & 0o077:
        yield weak(
            "home_open",
            f"The home {settings.home} is open to other accounts (mode {mode:04o}).",
            f"Run `chmod 700 {settings.home}`.",
        )
    if keys.exists() and (said := weak_permissions(keys)):
        yield missing("keys_open", said, f"Run `chmod 600 {keys}`.")
    if keys.exists() and settings.master_key:
        yield note(
            "keys_twice",
            f"SIGILLO_MASTER_KEY is in use, and {keys} is there too.",
            "Remove the file once the setting is known to be right, so that one of them is the truth.",
        )


def disk(settings: Environment) -> Iterator[Finding]:
    """Room for documents and for the database."""
    blobs = urlsplit(settings.blobs)
    places = [settings.home, *([Path(unquote(blobs.path))] if blobs.scheme == "file" else [])]
    for path in dict.fromkeys(map(_existing, places)):
        free = shutil.disk_usage(path).free
        if free < GIBIBYTE:
            yield weak(
                "disk_nearly_full",
                f"{free // 1024**2} MiB are free at {path}; a signature that cannot be stored is not made.",
                "Make room, or move SIGILLO_HOME or SIGILLO_BLOBS to a larger disk.",
            )


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def public_address(settings: Environment, environ: Mapping[str, str]) -> Iterator[Finding]:
    """The address that others are given, against what kind of installation this is."""
    parts = urlsplit(settings.public_url)
    local = is_local(parts.hostname or "")
    if settings.environment == "production":
        if not environ.get("SIGILLO_PUBLIC_URL", "").strip():
            yield missing(
                "no_public_url",
                "SIGILLO_PUBLIC_URL is not set, so links and certificates name this machine's own address.",
                "Set it to the address at which others reach this server, such as https://sign.example.org.",
            )
        elif parts.scheme != "https":
            yield missing(
                "public_url_not_https",
                f"The public address {settings.public_url} is not https: tokens travel in the clear.",
                "Put a TLS proxy in front and set SIGILLO_PUBLIC_URL to its https address.",
            )
        elif not settings.pki_url:
            yield weak(
                "pki_url_not_http",
                "Certificates name https addresses for revocation, and many verifiers, pdfsig too, fetch http only.",
                "Have the proxy pass http requests for /pki/ here, and set SIGILLO_PKI_URL to that http address.",
            )
    elif not local:
        yield weak(
            "sandbox_in_public",
            f"This is a sandbox at {settings.public_url}: any provider answers, with certificates worth nothing.",
            "Set SIGILLO_ENVIRONMENT=production if people rely on its signatures.",
        )


def is_local(host: str) -> bool:
    """Whether a host is this machine itself, however it is spelled."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def outbound(settings: Environment) -> Iterator[Finding]:
    """An allow list that allows everything is none."""
    for entry in settings.outbound_allow:
        if entry in ("0.0.0.0/0", "::/0"):
            yield weak(
                "outbound_open",
                f"SIGILLO_OUTBOUND_ALLOW holds {entry}: whoever has a token reaches every machine of your network.",
                "Name the hosts or networks that hold documents, and nothing else.",
            )


def verifiers() -> Iterator[Finding]:
    """Programs of others that check what we sign; Sigillo itself needs none of them."""
    for program, package in VERIFIERS.items():
        if shutil.which(program) is None:
            yield note(
                "verifier_absent",
                f"{program} is not installed; it checks signatures without sharing code with us.",
                f"Install {package} where you want a second opinion.",
            )


def account() -> Iterator[Finding]:
    """The account that runs this."""
    if os.geteuid() == 0:
        yield weak(
            "runs_as_root",
            "This runs as root, so a flaw in a parser of documents would be one in the whole machine.",
            "Make an account for Sigillo, give it the home (`chown -R`), and run it as that one.",
        )
