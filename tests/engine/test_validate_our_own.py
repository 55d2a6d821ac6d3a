"""What the engine signs, the validator accepts: on our own documents, in turn, and on real ones."""

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from sigillo.engine.errors import EngineError
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest, Signer
from sigillo.engine.validate import Coverage, ValidationReport, validate_pdf
from tests.support.honest import saved
from tests.support.people import SIGNED_AT, People, people
from tests.support.signed import form_pdf, plain_pdf

CORPUS = Path(os.environ.get("SIGILLO_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus" / "pdf")
CORPUS_FILES = sorted(CORPUS.glob("*.pdf"))


def signed(document: bytes, *signers: Signer) -> bytes:
    for position, signer in enumerate(signers):
        left = 20 + 80 * position
        request = SignatureRequest(placement=Placement(1, (left, 20, left + 70, 60)), lines=("Signed",))
        document += sign_pdf(document, signer, request, signed_at=SIGNED_AT).increment
    return document


def validated(document: bytes, person: People) -> ValidationReport:
    return validate_pdf(document, [person.root], at=SIGNED_AT + timedelta(days=30))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(plain_pdf(), id="plain"),
        pytest.param(form_pdf(), id="form"),
        pytest.param(saved(form_pdf(), linearize=True), id="linearized"),
    ],
)
def test_three_of_our_signatures_in_turn(document: bytes) -> None:
    person = people()
    report = validated(signed(document, person.rsa, person.ec, person.third), person)
    assert report.problems == ()
    assert report.accepted
    assert [signature.covers for signature in report.signatures] == [
        Coverage.REVISION,
        Coverage.REVISION,
        Coverage.WHOLE_FILE,
    ]
    assert [signature.claimed_at for signature in report.signatures] == [SIGNED_AT] * 3
    assert {signature.subfilter for signature in report.signatures} == {"ETSI.CAdES.detached"}


def test_our_lock_holds_against_a_later_fill() -> None:
    """Filled in by an ordinary writer and signed again by us: the first signer's lock is broken, and named."""
    person = people()
    first = signed(form_pdf(), person.rsa)
    writer = IncrementalPdfFileWriter(BytesIO(first), strict=False)
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/V"] = generic.pdf_string("999")
    writer.update_container(field)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    report = validated(signed(out.getvalue(), person.ec), person)
    assert "amount" in report.signatures[0].locks
    assert not report.signatures[0].locks_respected
    assert "locked_field" in {problem.code for problem in report.signatures[0].problems}


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS_FILES, reason=f"no corpus at {CORPUS}; set SIGILLO_CORPUS to a directory of PDFs")
@pytest.mark.parametrize("part", range(4))
def test_real_documents_signed_twice_by_us(part: int) -> None:
    person = people()
    refused: list[tuple[str, object]] = []
    accepted = 0
    for path in CORPUS_FILES[part::4]:
        try:
            document = signed(path.read_bytes(), person.ec, person.third)
        except EngineError:
            continue  # what the signer refuses is the signer's test
        report = validated(document, person)
        accepted += report.accepted
        if not report.accepted:
            refused.append((path.name, report.problems))
    assert refused == []
    assert accepted >= len(CORPUS_FILES[part::4]) // 2
