"""A command that another `sigillo` started, and that ends with it."""

import argparse
import signal

from sigillo.worker.lifeline import end_with_parent


def add_parent(parser: argparse.ArgumentParser) -> None:
    """The argument that `sigillo serve` adds for its own; it is not for people."""
    parser.add_argument("--parent", type=int, default=None, help=argparse.SUPPRESS)


def bind_to_parent(arguments: argparse.Namespace) -> None:
    """Stop as by SIGTERM, work in hand finished, when the parent ends in whatever way."""
    if arguments.parent is not None:
        end_with_parent(arguments.parent, signal.SIGTERM)
