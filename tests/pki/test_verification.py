"""A signature is its key's or it is not; a chain holds who vouches, in order, and nobody else."""

import pytest

from sigillo.base.errors import Invalid
from sigillo.pki.keys import LocalKey
from sigillo.pki.verification import chain_of, is_signed_by
from tests.support.people import people

DATA = b"what was signed"


def _signature(name: str) -> bytes:
    key = getattr(people(), name).key
    assert isinstance(key, LocalKey)
    return key.sign(DATA)


@pytest.mark.parametrize("name", ["rsa", "ec"])
def test_a_signature_is_that_of_the_key_over_the_data(name: str) -> None:
    signer, signature = getattr(people(), name), _signature(name)
    assert is_signed_by(signer.certificate, signature, DATA)
    assert not is_signed_by(signer.certificate, signature, DATA + b".")
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(len(signature)), _signature("third")):
        assert not is_signed_by(signer.certificate, wrong, DATA)


def test_a_chain_is_put_in_order_and_strangers_are_left_out() -> None:
    signer = people().rsa
    issuing, root = signer.chain
    assert chain_of(signer.certificate, [root, people().ec.certificate, issuing, root]) == (issuing, root)
    assert chain_of(signer.certificate, [root]) == ()
    assert chain_of(root, [root, issuing]) == ()


def test_what_is_no_certificate_is_refused() -> None:
    future = people().ec.certificate.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x60", 1)
    for wrong in (b"\x30\x00", future):
        with pytest.raises(Invalid, match=r"no X\.509 certificate"):
            chain_of(people().rsa.certificate, [wrong])
