"""Signatures a second and core: our engine beside pyHanko's default flow and the bare key operation, in one run.

    .venv/bin/python -m bench.engine [--rounds N] [--json]

CPU time of one warm process, one core (`time.process_time`); rounds are interleaved, medians are shown, so a
noisy machine slows all alike. File in, signed file out, in memory; writing it durably (fsync) is measured apart.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench.cases import Case, SignOnce, bare, ours
from tests.support.pdfs import many_pages, one_page
from tests.support.people import people

SMALL, LARGE = "small", "20 pages, 1 MB"
CASES = (
    Case(SMALL, "RSA-2048", visible=False),
    Case(SMALL, "RSA-2048", visible=True),
    Case(SMALL, "P-256", visible=True),
    Case(LARGE, "RSA-2048", visible=True),
    Case(LARGE, "P-256", visible=True),
)
ENGINES = ("sigillo", "pyhanko", "key only")
PER_ROUND = {"sigillo": 40, "pyhanko": 3, "key only": 40}
RSS_RUNS = {"sigillo": 100, "pyhanko": 10}


def documents() -> dict[str, bytes]:
    return {SMALL: one_page(more=[b"%" + b"-" * 900 + b"\nnull"]), LARGE: many_pages(20, 52_000)}


def engine(name: str, case: Case, directory: Path) -> SignOnce:
    signer = people().rsa if case.key == "RSA-2048" else people().ec
    if name == "pyhanko":
        # Not at the top: a process that measures our memory must not load it.
        from bench.pyhanko_flow import pyhanko  # noqa: PLC0415

        return pyhanko(signer, directory, case.visible)
    return ours(signer, case.visible) if name == "sigillo" else bare(signer)


def cpu_ms(sign: SignOnce, document: bytes, times: int) -> float:
    """Milliseconds of CPU for one signature, the mean of some."""
    began = time.process_time()
    for _ in range(times):
        sign(document)
    return (time.process_time() - began) / times * 1000


def measure(case: Case, document: bytes, directory: Path, rounds: int) -> dict[str, float]:
    """The median milliseconds of each engine over interleaved rounds."""
    signs = {name: engine(name, case, directory) for name in ENGINES}
    for sign in signs.values():
        sign(document)
    samples: dict[str, list[float]] = {name: [] for name in ENGINES}
    for _ in range(rounds):
        for name, sign in signs.items():
            samples[name].append(cpu_ms(sign, document, PER_ROUND[name]))
    return {name: statistics.median(values) for name, values in samples.items()}


def fsync_ms(document: bytes, directory: Path) -> float:
    """Wall milliseconds to write a signed file durably: write, fsync, rename, fsync of the directory."""
    samples = []
    for number in range(15):
        began = time.perf_counter()
        file = directory / f"{number}.partial"
        with file.open("wb") as out:
            out.write(document)
            out.flush()
            os.fsync(out.fileno())
        file.rename(directory / f"{number}.pdf")
        handle = os.open(directory, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        samples.append((time.perf_counter() - began) * 1000)
    return statistics.median(samples)


def rss_mb(name: str, case: Case) -> float:
    """Peak resident memory of a process that does nothing but sign with one engine."""
    command = [sys.executable, "-m", "bench.engine", "--rss", name, case.document, case.key]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_rss(name: str, document: str, key: str) -> None:
    """The child of `rss_mb`."""
    with tempfile.TemporaryDirectory() as directory:
        sign = engine(name, Case(document, key, visible=True), Path(directory))
        data = documents()[document]
        for _ in range(RSS_RUNS[name]):
            sign(data)
    print(_peak_mb())


def _peak_mb() -> float:
    """VmHWM, because ru_maxrss would count the parent before this program replaced it."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def table(rows: Sequence[tuple[Case, dict[str, float]]]) -> str:
    head = f"{'':38}{'sigillo':>18}{'pyHanko default':>20}{'key only':>12}{'ratio':>8}"
    lines = [head]
    for case, found in rows:
        cells = [f"{found[name]:8.2f} ms {1000 / found[name]:6.0f}/s" for name in ("sigillo", "pyhanko")]
        ratio = found["pyhanko"] / found["sigillo"]
        lines.append(f"{case.title:38}{cells[0]:>18}{cells[1]:>20}{found['key only']:9.2f} ms{ratio:7.0f}×")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.add_argument("--rss", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rss:
        print_rss(*asked.rss)
        return
    files = documents()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        rows = [(case, measure(case, files[case.document], directory, asked.rounds)) for case in CASES]
        durable = {title: fsync_ms(data, directory) for title, data in files.items()}
    memory = {title: {who: rss_mb(who, Case(title, "RSA-2048", True)) for who in RSS_RUNS} for title in files}
    if asked.json:
        print(json.dumps({"ms": {case.title: found for case, found in rows}, "fsync_ms": durable, "rss_mb": memory}))
        return
    print(f"PAdES B-B, chain of three, CPU time of one core, median of {asked.rounds} interleaved rounds")
    print(f"Python {platform.python_version()}, pyHanko {version('pyHanko')}, {platform.machine()}\n")
    print(table(rows))
    for title, data in files.items():
        print(f"\n{title}: {len(data):,} bytes; durable write {durable[title]:.2f} ms; peak memory", end=" ")
        print(", ".join(f"{who} {size:.0f} MB" for who, size in memory[title].items()), end="")
    print()


if __name__ == "__main__":
    main()
