"""What a signature says it was made over can be held against what should have been signed."""

import mmap
from hashlib import sha256
from pathlib import Path

from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest
from tests.support.pdfs import one_page
from tests.support.people import SIGNED_AT, People


def test_the_base_digest_is_that_of_the_bytes_that_were_signed(people: People, tmp_path: Path) -> None:
    whole = one_page()
    flipped = whole.replace(b"Agreement", b"Bgreement")  # on the page: the engine has no reason to refuse it
    digests = []
    for document in (whole, flipped):
        path = tmp_path / "document.pdf"
        path.write_bytes(document)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            made = sign_pdf(mapped, people.ec, SignatureRequest(), signed_at=SIGNED_AT)
        assert made.base_digest == sha256(document).digest()
        assert made.base_digest != made.digest
        digests.append(made.base_digest)
    assert digests[0] != digests[1]
