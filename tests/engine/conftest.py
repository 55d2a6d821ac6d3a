"""What the engine's tests share: the people who sign, an NSS database that trusts their root, and the judges."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest, Signer
from tests.support.judges import MutoolVerdict, PdfsigVerdict, mutool_sign, nss_database, pdfsig
from tests.support.people import SIGNED_AT, People
from tests.support.people import people as make_people

Judge = Callable[[bytes], tuple[list[PdfsigVerdict], list[MutoolVerdict]]]
Sign = Callable[..., bytes]


@pytest.fixture(scope="session")
def people() -> People:
    return make_people()


@pytest.fixture(scope="session")
def nss(tmp_path_factory: pytest.TempPathFactory, people: People) -> Path:
    return nss_database(tmp_path_factory.mktemp("nss"), people.root)


@pytest.fixture
def judge(tmp_path: Path, nss: Path) -> Judge:
    """What pdfsig and mutool say of a file."""

    def judged(document: bytes) -> tuple[list[PdfsigVerdict], list[MutoolVerdict]]:
        file = tmp_path / "judged.pdf"
        file.write_bytes(document)
        return pdfsig(file, nss), mutool_sign(file)

    return judged


@pytest.fixture
def sign(people: People) -> Sign:
    """Sign with P-256 unless told otherwise; the whole signed file, of which the original is the beginning."""

    def signed(document: bytes, signer: Signer | None = None, **request: object) -> bytes:
        made = sign_pdf(
            document,
            signer or people.ec,
            SignatureRequest(**request),  # type: ignore[arg-type]
            signed_at=SIGNED_AT,
        )
        return document + made.increment

    return signed
