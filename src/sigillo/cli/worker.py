"""Run the worker alone: it fetches documents, ends what is overdue and closes what a crash left open."""

import argparse

from sigillo.cli.lineage import add_parent, bind_to_parent
from sigillo.cli.startup import require_gateways, require_home, require_ready, start_django


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo worker`."""
    add_parent(parser)


def run(arguments: argparse.Namespace) -> int:
    """Work until SIGTERM or SIGINT, then finish the jobs in hand."""
    bind_to_parent(arguments)
    require_home()
    start_django()
    require_ready()
    require_gateways()
    from sigillo.worker.process import work

    work()
    return 0
