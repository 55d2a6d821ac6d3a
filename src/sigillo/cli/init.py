"""Make a new installation: its home, its keys, its certificate authority, an organization and the owner's token."""

import argparse
import json

from sigillo.cli import home
from sigillo.cli.startup import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo init`."""
    parser.add_argument("--organization", required=True, metavar="SLUG", help="its name in addresses: a-z 0-9 - _")
    parser.add_argument("--owner", required=True, metavar="USER", help="the id of its first user, owner and RAO")
    parser.add_argument("--existing", action="store_true", help="add the organization to the home that is there")
    parser.add_argument("--json", action="store_true", help="print organization, owner and token as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Make it, and show the token this once."""
    settings = read_settings()
    if arguments.existing:
        made = home.add_organization(arguments.organization, arguments.owner)
    else:
        made = home.make_home(settings, arguments.organization, arguments.owner)
    if arguments.json:
        print(json.dumps({"organization": made.organization, "owner": made.owner, "token": made.token}))
        return 0
    print(f"home          {settings.home}")
    print(f"organization  {made.organization}")
    print(f"owner         {made.owner}")
    print(f"token         {made.token}")
    print("Keep the token; it is not shown again. Start the server with: sigillo serve")
    return 0
