"""Damage of every kind ends in a report or in a named error, and never in an acceptance."""

import random
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pikepdf
import pytest

from sigillo.engine.errors import EngineError, Protected, Unreadable
from sigillo.engine.validate import validate_pdf
from tests.support import chain
from tests.support.attacks import CHECKED_AT
from tests.support.broken_signatures import once
from tests.support.forging import BODIES, Seal, contract
from tests.support.honest import HONEST, saved
from tests.support.signed import Wish, plain_pdf, sign

ROOT = chain.signer().chain[-1]


def accepted(document: bytes) -> bool:
    try:
        return validate_pdf(document, [ROOT], at=CHECKED_AT).accepted
    except EngineError:
        return False


def flipped(document: bytes, position: int, bit: int = 1) -> bytes:
    return document[:position] + bytes([document[position] ^ bit]) + document[position + 1 :]


def outside_of_contents(document: bytes) -> list[int]:
    gap = document.rindex(b"/Contents<") + 9
    end = document.index(b">", gap)
    return [*range(gap), *range(end + 1, len(document))]


@pytest.mark.parametrize("part", range(4))
def test_a_flipped_bit_in_any_signed_byte_is_refused(part: int) -> None:
    positions = outside_of_contents(once())[part::28]
    assert len(positions) > 60
    assert [position for position in positions if accepted(flipped(once(), position))] == []


@pytest.mark.parametrize("part", range(2))
def test_a_flipped_bit_under_either_of_two_signatures_is_refused(part: int) -> None:
    twice = Seal(1).on(once())
    positions = outside_of_contents(twice)[part::200]
    assert [position for position in positions if accepted(flipped(twice, position))] == []


def test_a_flipped_bit_in_the_signature_value_or_digest_is_refused() -> None:
    start = once().rindex(b"/Contents<") + 10
    end = once().index(b"0" * 64, start)
    assert [at for at in range(end - 500, end - 40, 7) if accepted(flipped(once(), at))] == []


def test_a_truncated_file_is_refused() -> None:
    assert [size for size in range(0, len(once()), 300) if accepted(once()[:size])] == []


def test_noise_never_raises_anything_else() -> None:
    noise = random.Random(20260601)
    documents = [once(), HONEST["pyhanko/object_streams"](), HONEST["pyhanko/stamped"]()]
    for round_number in range(150):
        document = bytearray(documents[round_number % 3])
        for _ in range(noise.randrange(1, 6)):
            at = noise.randrange(len(document))
            document[at : at + noise.randrange(1, 9)] = noise.randbytes(noise.randrange(0, 9))
        assert not accepted(bytes(document))


def test_a_document_written_anew_has_lost_its_signature() -> None:
    assert not accepted(saved(once()))


@pytest.mark.parametrize("document", [b"", b"%PDF-1.7\n", b"Dear Sir or Madam,", b"\x00" * 4096])
def test_what_is_no_pdf_is_unreadable(document: bytes) -> None:
    with pytest.raises(Unreadable):
        validate_pdf(document, [ROOT], at=CHECKED_AT)


def test_a_file_made_to_be_slow_is_given_up() -> None:
    bomb = b"<</Length 200000>>\nstream\n%s\nendstream" % (b"\n0 %\nR\n " * 25_000)[:200_000]
    document = Seal(1).on(Seal().on(contract({**BODIES, 12: bomb})))
    with pytest.raises(Unreadable) as caught:
        validate_pdf(document, [ROOT], at=CHECKED_AT)
    assert caught.value.code == "too_many_comments"


def test_compressed_bytes_are_not_taken_for_comments() -> None:
    """A scan of 40 MB has a thousand line ends before an R; here they are in less."""
    noise = random.Random(7)
    bytes_of_a_scan = b"".join(noise.randbytes(120).replace(b"endstream", b"") + b"\nR " for _ in range(20_000))
    body = b"<</Length %d>>\nstream\n%s\nendstream" % (len(bytes_of_a_scan), bytes_of_a_scan)
    document = Seal(1).on(Seal().on(contract({**BODIES, 12: body})))
    assert validate_pdf(document, [ROOT], at=CHECKED_AT).verdict == "valid"


def test_a_password_is_asked_for() -> None:
    locked = saved(plain_pdf(), encryption=pikepdf.Encryption(user="secret", owner="owner", R=6))
    with pytest.raises(Protected):
        validate_pdf(locked, [ROOT], at=CHECKED_AT)


def test_a_memory_map_is_read_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(sign(plain_pdf()), Wish("Another")))
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as document:
        assert len(validate_pdf(document, [ROOT], at=CHECKED_AT).signatures) == 2
