"""Run the server: web and worker in one process tree. Pending changes to the database are made first."""

import argparse
import os
import socket
import subprocess
from collections.abc import Callable

from sigillo.cli.bind import Bind, add_bind, bound, listen
from sigillo.cli.startup import read_settings, require_home
from sigillo.cli.supervisor import Child, Supervisor, command
from sigillo.config.environment import Environment
from sigillo.config.logs import configure, logging_configuration


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo serve`."""
    add_bind(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, then finish what is in hand."""
    read_settings()
    require_home()
    return serve(arguments.bind, listen(arguments.bind), _announce)


def serve(asked: Bind, listener: socket.socket, once_started: Callable[[Environment], None]) -> int:
    """Serve on a socket that listens already; the exit status.

    Where SIGILLO_PUBLIC_URL is not set, web and worker take the socket's own address for it.
    """
    if not os.environ.get("SIGILLO_PUBLIC_URL", "").strip():
        os.environ["SIGILLO_PUBLIC_URL"] = bound(listener, asked).url
    settings = read_settings()
    configure(logging_configuration(settings.log_level, settings.log_format))
    migrated = subprocess.run(command("migrate", "--quiet"), check=False)
    if migrated.returncode:
        return migrated.returncode
    web = Child("web", ("web", "--listener", str(listener.fileno())), (listener.fileno(),))
    worker = Child("worker", ("worker",))
    return Supervisor([web, worker]).run(lambda: once_started(settings))


def _announce(settings: Environment) -> None:
    print(f"Sigillo serves {settings.public_url} from {settings.home} ({settings.environment}).", flush=True)
    print("Stop it with Ctrl-C; requests and jobs in hand are finished first.", flush=True)
