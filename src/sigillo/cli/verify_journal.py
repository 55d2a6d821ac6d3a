"""Check that the journal still says what was written; where it does not, name the first event of each chain."""

import argparse
import json
import sys

from sigillo.cli.startup import database_errors, require_home, start_django


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo verify-journal`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Recompute every chain, with progress where somebody watches; 0 when all hold, 1 when one does not."""
    require_home()
    start_django()
    from sigillo.journal.models import Chain
    from sigillo.journal.verify import Broken, verify_chains

    broken: list[Broken] = []
    with database_errors():
        total, watched = Chain.objects.count(), sys.stderr.isatty()
        for done, found in enumerate(verify_chains(), start=1):
            if found:
                broken.append(found)
            if watched and (done % 100 == 0 or done == total):
                print(f"\r{done} of {total} chains", end="" if done < total else "\n", file=sys.stderr, flush=True)
    if arguments.json:
        wrong = [{"subject": each.subject, "sequence": each.sequence, "said": each.said} for each in broken]
        print(json.dumps({"chains": total, "broken": wrong}))
        return 1 if broken else 0
    for each in broken:
        print(each)
    print(f"{total} chains, {len(broken)} broken." if broken else f"{total} chains, all as they were written.")
    return 1 if broken else 0
