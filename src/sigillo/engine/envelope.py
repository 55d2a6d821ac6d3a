"""An envelope (.p7m) as bytes: what stands before the file that it holds, where that is, and what stands after it.

A CMS SignedData (RFC 5652, 5.1) in DER: every length in front of the file is known before the first byte is written,
and the file itself is never in memory.

    ContentInfo { signedData, [0] SignedData { 1, { sha256 }, { data, [0] OCTET STRING ↓file },   ← head
    ↓                                                                                             ← the file
    [0] certificates, { signer, signer, … } } }                                                   ← tail
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from sigillo.engine.cms import DATA, SHA256, SIGNED_DATA, VERSION_1
from sigillo.engine.der import IDENTIFIER, INTEGER, OCTETS, SEQUENCE, SET, Steps, header, read_header, split, tlv
from sigillo.engine.errors import Unreadable

MAX_TAIL = 64 * 1024 * 1024
"""Bytes of certificates and signers; a signer with a time-stamp takes ten thousand."""
_CONTEXT_0 = 0xA0
_LONGEST_HEAD = 256
"""Of ours: seven lengths and five identifiers are a hundred bytes."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where the file is in an envelope, and DER of the certificates and signers, each in their order."""

    content_at: int
    content_size: int
    certificates: tuple[bytes, ...]
    signers: tuple[bytes, ...]


def write_tail(certificates: Iterable[bytes], signers: Iterable[bytes]) -> bytes:
    """Everything after the file; both are SETs, in ascending order of their encodings (X.690, 11.6)."""
    return tlv(_CONTEXT_0, b"".join(sorted(set(certificates)))) + tlv(SET, b"".join(sorted(signers)))


def write_head(content_size: int, tail_size: int) -> bytes:
    """Everything before a file of `content_size` bytes that `tail_size` bytes follow."""
    head, after = header(OCTETS, content_size), content_size
    head = header(_CONTEXT_0, len(head) + after) + head
    head = header(SEQUENCE, len(DATA) + len(head) + after) + DATA + head
    head, after = VERSION_1 + tlv(SET, SHA256) + head, after + tail_size
    head = header(SEQUENCE, len(head) + after) + head
    head = SIGNED_DATA + header(_CONTEXT_0, len(head) + after) + head
    return header(SEQUENCE, len(head) + after) + head


def read_envelope(source: BinaryIO) -> Envelope:
    """Read an envelope as it is written here, and in no other form, from a file at any position.

    Raises Unreadable `not_an_envelope`.
    """
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    start = source.read(_LONGEST_HEAD)
    try:
        content_at, content_size = _find_content(start)
        tail_size = size - content_at - content_size
        if tail_size > MAX_TAIL or write_head(content_size, tail_size) != start[:content_at]:
            raise ValueError("another head")
        source.seek(content_at + content_size)
        tail = source.read(tail_size)
        certificates, signers = split(tail)
        found = Envelope(content_at, content_size, _inside(certificates), _inside(signers))
        if write_tail(found.certificates, found.signers) != tail:
            raise ValueError("another tail")
    except ValueError as error:
        raise Unreadable("not_an_envelope", "The file is no envelope of signatures in DER, or is cut short.") from error
    return found


def _find_content(start: bytes) -> tuple[int, int]:
    """Offset and size of the file, by the first bytes of an envelope."""
    steps = Steps(start)
    steps.enter(SEQUENCE)
    steps.skip(IDENTIFIER)
    steps.enter(_CONTEXT_0)
    steps.enter(SEQUENCE)
    steps.skip(INTEGER)
    steps.skip(SET)
    steps.enter(SEQUENCE)
    steps.skip(IDENTIFIER)
    steps.enter(_CONTEXT_0)
    end = steps.enter(OCTETS)
    return steps.at, end - steps.at


def _inside(value: bytes) -> tuple[bytes, ...]:
    _, begin, _ = read_header(value, 0)
    return tuple(split(value[begin:]))
