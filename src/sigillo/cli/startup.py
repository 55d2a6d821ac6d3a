"""From the environment to a Django that can work, or a sentence that says why not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sigillo.cli.refusals import Refused
from sigillo.config.environment import Environment, WrongSettings, read


def read_settings() -> Environment:
    """The settings of this process. Raises WrongSettings, which names every wrong one."""
    return read(os.environ)


def start_django() -> None:
    """Make Django ready, once the settings are known to be right."""
    read_settings()
    os.umask(0o077)  # what we write is ours alone, wherever the operator put it
    os.environ["DJANGO_SETTINGS_MODULE"] = "sigillo.config.settings"
    import django

    django.setup()


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn a database that does not answer into a sentence; whatever else it says is a defect and stays one."""
    from django.db import InterfaceError, OperationalError

    try:
        yield
    except (OperationalError, InterfaceError) as error:
        cause = " ".join(str(error).split())
        raise Refused(
            f"The database does not answer ({cause}); check that it runs and that DATABASE_URL names it."
        ) from error


def require_ready() -> None:
    """Refuse to serve a home that is not complete. Raises Refused with every reason."""
    from sigillo.config.migrations import pending
    from sigillo.flows.status import readiness

    with database_errors():
        missing = pending()
        if missing:
            raise Refused(
                f"The database lacks {len(missing)} changes of this version ({missing[0]} first); "
                "make a backup, then run `sigillo migrate`."
            )
        reasons = readiness()
    if reasons:
        raise Refused(" ".join(reasons))


def require_gateways() -> None:
    """Refuse to work where messages could not leave by the gateways that are set. Raises WrongSettings."""
    from sigillo.config.checks.gateways import wrong_gateways

    problems = wrong_gateways(read_settings())
    if problems:
        raise WrongSettings(problems)


def require_home() -> None:
    """Refuse to work where nobody has run `sigillo init`. Raises Refused."""
    if not is_installed():
        raise Refused(
            f"There is no installation in {read_settings().home}; "
            "begin with `sigillo init --organization SLUG --owner USER`, or set SIGILLO_HOME to the one you mean."
        )


def is_installed() -> bool:
    """Whether a home is there: its keys are, in the file or in the environment."""
    settings = read_settings()
    return (settings.home / "master.key").exists() or settings.master_key is not None
