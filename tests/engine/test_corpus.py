"""Real files nobody here wrote: each is signed so that pdfsig and mutool find it valid, or refused by name.

The files are those of `../shared/corpus` beside the repository; SIGILLO_CORPUS names another directory of PDFs.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sigillo.engine.errors import EngineError, Protected
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest
from tests.support.judges import mutool_sign, pdfsig
from tests.support.people import SIGNED_AT, People
from tests.support.programs import needs

CORPUS = Path(os.environ.get("SIGILLO_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus" / "pdf")
FILES = sorted(CORPUS.glob("**/*.pdf"))
SECONDS_A_FILE = 2.0
SIGNED_AND_FOUND = 0.97
"""Of the files that are not refused by contract; the bar of the project is 0.8."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason=f"no corpus at {CORPUS}; set SIGILLO_CORPUS to a directory of PDFs"),
    needs("pdfsig", "certutil", "mutool", "qpdf"),
]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a refusal, or what both judges said of the signature."""

    name: str
    seconds: float
    refusal: EngineError | None
    intake: EngineError | None
    prefix_kept: bool = True
    by_pdfsig: bool = False
    by_mutool: bool = False
    opens_elsewhere: bool = True

    @property
    def by_contract(self) -> bool:
        """Needs a password, or is so damaged that qpdf does not open it either."""
        return isinstance(self.refusal, Protected) or (self.refusal is not None and not self.opens_elsewhere)

    @property
    def found(self) -> bool:
        return self.refusal is None and self.by_pdfsig and self.by_mutool


@pytest.fixture(scope="module")
def outcomes(people: People, nss: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    directory = tmp_path_factory.mktemp("corpus")
    with ThreadPoolExecutor(max_workers=3) as judges:
        return list(judges.map(lambda file: _outcome(file, people, nss, directory), FILES))


def _outcome(file: Path, people: People, nss: Path, directory: Path) -> Outcome:
    document = file.read_bytes()
    intake = _intake(document)
    began = time.thread_time()
    try:
        request = SignatureRequest(Placement(1, (2, 2, 12, 12)), ("Signed",), reason="Łukasz")
        made = sign_pdf(document, people.rsa, request, signed_at=SIGNED_AT)
    except EngineError as refusal:
        return Outcome(file.name, time.thread_time() - began, refusal, intake, opens_elsewhere=_opens(file))
    seconds = time.thread_time() - began
    signed = directory / file.name
    signed.write_bytes(document + made.increment)
    return Outcome(
        file.name,
        seconds,
        None,
        intake,
        signed.read_bytes().startswith(document),
        any(each.field_name == made.field_name and each.valid and each.total for each in pdfsig(signed, nss)),
        any(verdict.total for verdict in mutool_sign(signed)),
    )


def _intake(document: bytes) -> EngineError | None:
    try:
        inspect_pdf(document, [Placement(1, (2, 2, 12, 12))])
    except EngineError as refusal:
        return refusal
    return None


def _opens(file: Path) -> bool:
    command = ["qpdf", "--show-npages", str(file)]
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode != 2


def named(outcomes: Iterator[Outcome]) -> list[str]:
    return [outcome.name for outcome in outcomes]


def test_what_is_signed_is_found_by_both_judges(outcomes: list[Outcome]) -> None:
    assert named(each for each in outcomes if each.refusal is None and not each.found) == []
    assert named(each for each in outcomes if not each.prefix_kept) == []


def test_nearly_all_that_the_contract_does_not_refuse_is_signed(outcomes: list[Outcome]) -> None:
    eligible = [outcome for outcome in outcomes if not outcome.by_contract]
    missing = {each.name: each.refusal and each.refusal.code for each in eligible if not each.found}
    assert len(missing) <= (1 - SIGNED_AND_FOUND) * len(eligible), missing


def test_intake_refuses_what_signing_would(outcomes: list[Outcome]) -> None:
    """Never a document that is accepted and then cannot be signed."""
    assert named(each for each in outcomes if each.refusal is not None and each.intake is None) == []
    only_at_intake = {each.name: each.intake.code for each in outcomes if each.intake and not each.refusal}
    assert set(only_at_intake.values()) <= {"pure_xfa"}, only_at_intake


def test_no_file_takes_long(outcomes: list[Outcome]) -> None:
    assert {each.name: each.seconds for each in outcomes if each.seconds > SECONDS_A_FILE} == {}


def test_refusals_say_what_is_wrong(outcomes: list[Outcome]) -> None:
    for each in outcomes:
        if each.refusal is not None:
            assert each.refusal.code
            assert each.refusal.message.endswith(".")
