"""Make a home if there is none, serve it, and on the first start sign a sample document over real HTTP."""

import argparse
import json
import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path

from sigillo.cli.bind import add_bind, listen
from sigillo.cli.refusals import Refused
from sigillo.cli.serve import serve
from sigillo.cli.startup import is_installed, read_settings
from sigillo.cli.supervisor import command
from sigillo.cli.tour import ORGANIZATION, Tour
from sigillo.config.environment import Environment

OWNER = "jdo"
FOLDER = "quickstart"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo quickstart`."""
    add_bind(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    listener = listen(arguments.bind)
    os.environ.setdefault("SIGILLO_LOG_LEVEL", "WARNING")
    settings = read_settings()
    if is_installed():
        _say(f"Sigillo uses the home that is there: {_shown(settings.home)}")
    else:
        _make_home(settings.home)
    return serve(arguments.bind, listener, _begin)


def _make_home(home: Path) -> None:
    line = command("init", "--organization", ORGANIZATION, "--owner", OWNER, "--json")
    made = subprocess.run(line, stdout=subprocess.PIPE, check=False)
    if made.returncode:
        raise Refused("The home could not be made; the line above says why.")
    folder = home / FOLDER
    folder.mkdir(mode=0o700)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(json.loads(made.stdout)["token"] + "\n", "ascii")
    _say(f"Sigillo made a home of its own: {_shown(home)} (organization {ORGANIZATION}, owner {OWNER})")


def _begin(settings: Environment) -> None:
    """Once web and worker are started: go on beside them, so that Ctrl-C is heard meanwhile."""
    threading.Thread(target=_show, args=(settings,), daemon=True).start()


def _show(settings: Environment) -> None:
    folder = settings.home / FOLDER
    token = folder / "token"
    signed = folder / "agreement-signed.pdf"
    try:
        if token.exists():
            tour = Tour(settings.public_url, token.read_text("ascii").strip())
            tour.wait_until_ready()
            _say(f"Sigillo serves {settings.public_url}")
            if not signed.exists():
                _say("\nThe main job, once, over HTTP:")
                _keep(signed, tour.sign_sample(_say))
            _explain(settings, signed, token)
        else:
            _say(f"Sigillo serves {settings.public_url}")
    except (Refused, OSError) as error:
        print(f"sigillo quickstart: the first signature did not come about: {error}", file=sys.stderr, flush=True)
    _say("\nStop it with Ctrl-C.")


def _keep(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.rename(path)


def _explain(settings: Environment, signed: Path, token: Path) -> None:
    program = _shown(Path(sys.argv[0]))
    _say(f"\nThe signed file     {_shown(signed)}")
    _say(f"  check it with     {program} verify {_shown(signed)}")
    _say(f"  or with           pdfsig {_shown(signed)}    (docs/operating.md: how it comes to trust our root)")
    _say(f"The owner's token   {_shown(token)}")
    _say("A first call:")
    _say(f'  curl -H "Authorization: Token $(cat {_shown(token)})" \\')
    _say(f"    {settings.public_url}/api/v1/{ORGANIZATION}/signature-transactions")


def _shown(path: Path) -> str:
    """A path as short as it can be, ready for a shell."""
    absolute, here = path.absolute(), Path.cwd()
    return shlex.quote(str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute))


def _say(line: str) -> None:
    print(line, flush=True)
