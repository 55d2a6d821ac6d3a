"""Say what is missing or weak in this installation, each with its remedy; exit status 1 if something is missing."""

import argparse
import json
import os
from collections.abc import Iterator

from sigillo.cli.startup import start_django
from sigillo.config.checks import gateways, remote_signing, surroundings, time_stamping
from sigillo.config.checks.finding import Finding, Gravity
from sigillo.config.environment import read

MARKS = {Gravity.MISSING: "MISSING", Gravity.WEAK: "weak   ", Gravity.NOTE: "note   "}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo doctor`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object: ok, and findings with their ids")


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, print what was found, gravest first."""
    findings = sorted(_findings(), key=lambda finding: list(MARKS).index(finding.gravity))
    ok = all(finding.gravity is not Gravity.MISSING for finding in findings)
    if arguments.json:
        listed = [
            {"id": found.id, "gravity": found.gravity.value, "said": found.said, "remedy": found.remedy}
            for found in findings
        ]
        print(json.dumps({"ok": ok, "findings": listed}, indent=2, ensure_ascii=False))
    else:
        for found in findings:
            print(f"{MARKS[found.gravity]}  {found.said}\n         {found.remedy}")
        print(_conclusion(findings))
    return 0 if ok else 1


def _findings() -> Iterator[Finding]:
    yield from surroundings.unknown_settings(os.environ)
    wrong = list(surroundings.wrong_settings(os.environ))
    yield from wrong
    yield from surroundings.account()
    yield from surroundings.verifiers()
    if wrong:
        return
    settings = read(os.environ)
    yield from surroundings.public_address(settings, os.environ)
    yield from surroundings.outbound(settings)
    yield from remote_signing.signing_services(settings)
    yield from gateways.gateways(settings)
    yield from time_stamping.time_stamping(settings)
    yield from surroundings.disk(settings)
    of_home = list(surroundings.home(settings))
    yield from of_home
    if not any(finding.gravity is Gravity.MISSING for finding in of_home):
        yield from _inner_findings()


def _inner_findings() -> Iterator[Finding]:
    """What can be asked once settings and home are right."""
    start_django()
    from sigillo.config.checks import documents, storage, trust

    yield from trust.typefaces()
    yield from documents.bucket()
    of_database = list(storage.database())
    yield from of_database
    if not any(finding.gravity is Gravity.MISSING for finding in of_database):
        for check in (trust.ready, trust.authority, trust.clock, storage.jobs):
            yield from check()


def _conclusion(findings: list[Finding]) -> str:
    count = {gravity: sum(finding.gravity is gravity for finding in findings) for gravity in Gravity}
    if count[Gravity.MISSING]:
        return f"{count[Gravity.MISSING]} missing, {count[Gravity.WEAK]} weak: mend what is missing first."
    return f"Nothing is missing; {count[Gravity.WEAK]} weak." if count[Gravity.WEAK] else "All is well."
