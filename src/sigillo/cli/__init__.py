"""The terminal's door, for operators: `sigillo COMMAND …`.

A command is a module of this package with `add_arguments(parser)` and `run(arguments)`, listed in the table below.
Only the one that was asked for is imported, so that `sigillo --help` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigillo.cli.register import Source

COMMANDS = {
    "quickstart": "make a home if there is none, serve it, and sign a first document before your eyes",
    "init": "make a new installation: its home, keys, certificate authority, an organization and its owner",
    "serve": "run the server: web and worker in one process tree",
    "web": "run the web server alone",
    "worker": "run the worker alone",
    "migrate": "bring the database to this version",
    "verify": "check the signatures of a PDF file",
    "verify-journal": "check that the journal still says what was written",
    "doctor": "say what is missing or weak in this installation, each with its remedy",
}
REFUSED = 2
"""The exit status when something is wrong with what was asked or set: a sentence on standard error says what."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Nothing but a defect of ours ends in a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] not in COMMANDS:
        _top_parser().parse_args(given or ["--help"])
        return REFUSED
    return run_command(given[0], given[1:])


def run_command(name: str, given: Sequence[str]) -> int:
    """Read a command's arguments and run it; errors that are meant to be read are printed as their sentences."""
    module = import_module(f"sigillo.cli.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(
        prog=f"sigillo {name}", description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    module.add_arguments(parser)
    parsed = parser.parse_args(given)
    from sigillo.cli.refusals import REFUSALS, sentences

    try:
        sources = (installation_roots, installation_register) if name == "verify" else ()
        status = module.run(parsed, *sources)
    except REFUSALS as error:
        for sentence in sentences(error):
            print(f"sigillo {name}: {sentence}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return 0
    return int(status or 0)


def installation_roots() -> list[bytes]:
    """The root certificate of this installation, DER; none where there is no home."""
    from sigillo.cli.home import ROOT
    from sigillo.cli.startup import read_settings
    from sigillo.pki.certificates import from_pem_or_base64

    path = read_settings().home / ROOT
    return [from_pem_or_base64(path.read_text("ascii"))] if path.exists() else []


def installation_register() -> "Source":
    """The register of this installation, to be asked about revocation; or a sentence where there is none to ask."""
    from sigillo.cli.register import find_register

    return find_register()


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = [f"  {name.ljust(width)}  {summary}" for name, summary in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="sigillo",
        description="A self-hosted digital-signature platform.",
        epilog="commands:\n" + "\n".join(lines) + "\n\n`sigillo COMMAND --help` says more of one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of the commands below")
    return parser
