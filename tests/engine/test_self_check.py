"""What was prepared is read back before the key is used: a signature that nobody would find is not made."""

import pytest

from sigillo.engine.errors import Unreadable
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest, Signer, SigningKey
from tests.support.pdfs import one_page
from tests.support.people import SIGNED_AT, People


class Counting:
    """The key of somebody who pays for each use of it."""

    def __init__(self, key: SigningKey) -> None:
        self.algorithm = key.algorithm
        self.uses = 0
        self._key = key

    def sign(self, data: bytes) -> bytes:
        self.uses += 1
        return self._key.sign(data)


def test_a_form_that_is_its_own_page_is_refused_before_the_key_is_used(people: People) -> None:
    """One object is the form and the page, and an increment writes an object once: /Fields or /Annots is lost."""
    key = Counting(people.ec.key)
    signer = Signer(people.ec.certificate, people.ec.chain, key)
    document = one_page(catalog_entries=b"/AcroForm 3 0 R")
    with pytest.raises(Unreadable) as refusal:
        sign_pdf(document, signer, SignatureRequest(None, ()), signed_at=SIGNED_AT)
    assert (refusal.value.code, key.uses) == ("not_found_again", 0)
    with pytest.raises(Unreadable) as refusal:
        inspect_pdf(document, [])
    assert refusal.value.code == "not_found_again"
    sign_pdf(one_page(), signer, SignatureRequest(None, ()), signed_at=SIGNED_AT)
    assert key.uses == 1
