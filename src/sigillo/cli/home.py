"""A home, made whole or not at all: built in a folder inside it, then moved into place with its keys last."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sigillo.cli.refusals import Refused
from sigillo.cli.startup import database_errors, require_home, require_ready, start_django
from sigillo.config.environment import Environment
from sigillo.secrets.sealing import Keyring

if TYPE_CHECKING:
    from sigillo.flows.install import Installed

KEYS = "master.key"
ROOT = "root.crt"
"""The root certificate, public: what `sigillo verify` trusts where it is told nothing else."""
_BUILDING = ".building"


def make_home(settings: Environment, organization: str, owner: str) -> "Installed":
    """Make a new installation with its first organization.

    Raises:
        Refused: there is one in this home or in this database already.
        SigilloError: the organization's or the owner's name is malformed; nothing is left behind.
    """
    created = not settings.home.exists()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(settings.home):
        _refuse_existing(settings)
        building = settings.home / _BUILDING
        shutil.rmtree(building, ignore_errors=True)  # what an interrupted one left
        try:
            building.mkdir(mode=0o700)
            made = _build(settings, building, organization, owner)
            _move_into_place(building, settings.home)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            if created:
                settings.home.rmdir()
            raise
    settings.home.chmod(0o700)
    return made


def add_organization(organization: str, owner: str) -> "Installed":
    """Add an organization to the installation that is there. Raises Refused where there is none, or not a whole one."""
    require_home()
    start_django()
    require_ready()
    from sigillo.flows.install import install

    with database_errors():
        return install(organization, owner)


def _refuse_existing(settings: Environment) -> None:
    if any((settings.home / name).exists() for name in (KEYS, "sigillo.sqlite3")):
        raise Refused(
            f"There is an installation in {settings.home} already; add --existing to put the organization into it, "
            "or set SIGILLO_HOME to another folder."
        )


def _build(settings: Environment, building: Path, organization: str, owner: str) -> "Installed":
    os.environ["SIGILLO_HOME"] = str(building)
    try:
        if settings.master_key is None:
            Keyring.create(building / KEYS)
        start_django()
        made = _fill(organization, owner)
        from sigillo.flows.publish import root_certificate

        (building / ROOT).write_text(root_certificate(), "ascii")
        _close_database()
        return made
    finally:
        os.environ["SIGILLO_HOME"] = str(settings.home)


def _fill(organization: str, owner: str) -> "Installed":
    from sigillo.config.migrations import apply
    from sigillo.flows.install import install
    from sigillo.flows.status import readiness

    with database_errors():
        if not readiness():
            raise Refused(
                "The database that DATABASE_URL names holds an installation already; name an empty one, "
                "or restore that installation's home and use --existing."
            )
        apply()
        return install(organization, owner)


def _close_database() -> None:
    """Let SQLite put its journal into the one file that is moved."""
    from django.db import connections

    connections.close_all()


def _move_into_place(building: Path, home: Path) -> None:
    entries = sorted(building.iterdir(), key=lambda entry: entry.name == KEYS)
    for entry in entries:
        entry.rename(home / entry.name)
    building.rmdir()
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the home's lock: of two who begin at once, the second finds what the first made."""
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
