"""Bring the database to this version; where it is already, nothing happens. Make a backup first."""

import argparse

from sigillo.cli.startup import database_errors, require_home, start_django


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo migrate`."""
    parser.add_argument("--quiet", action="store_true", help="say nothing where there is nothing to do")


def run(arguments: argparse.Namespace) -> int:
    """Apply what is pending, and name it."""
    require_home()
    start_django()
    from sigillo.config.migrations import apply

    with database_errors():
        applied = apply()
    for name in applied:
        print(f"applied {name}")
    if not applied and not arguments.quiet:
        print("The database is of this version already.")
    return 0
