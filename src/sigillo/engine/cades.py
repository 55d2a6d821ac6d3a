"""CAdES baseline B-B and B-T signatures of any file, attached (.p7m): ETSI EN 319 122-1, RFC 5652.

The first signer puts the file into an envelope; each further one stands beside those before it, over the same file.
Memory is constant: the file is read twice, once for its digest, and once to be written and compared with it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO

from sigillo.engine.cms import CmsTemplate
from sigillo.engine.envelope import Envelope, read_envelope, write_head, write_tail
from sigillo.engine.errors import FileChanged
from sigillo.engine.types import Signer, TimestampSource

PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SignedEnvelope:
    """An envelope that is ready to be written, around a part of the file that it was made from.

    `digest` is the SHA-256 of what is in the envelope, the value that every signer in it carries as message-digest;
    `base_digest` that of the whole file as it was read: whoever knows what it should have been compares it before the
    envelope is used.
    """

    head: bytes
    tail: bytes
    content_at: int
    content_size: int
    digest: bytes
    base_digest: bytes

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return len(self.head) + self.content_size + len(self.tail)

    def pieces(self, source: BinaryIO) -> Iterator[bytes]:
        """All of the envelope, the file read anew from `source` as it goes.

        Raises FileChanged before the last piece where it is not the file that was signed.
        """
        yield self.head
        read = sha256()
        for piece in _read(source, self.content_at, self.content_size):
            read.update(piece)
            yield piece
        if read.digest() != self.digest:
            raise FileChanged
        yield self.tail


def envelop(
    source: BinaryIO, signer: Signer, *, signed_at: datetime, timestamps: TimestampSource | None = None
) -> SignedEnvelope:
    """Put all of `source`, a file that can be read at any position, into an envelope with its first signature.

    `signed_at` is an aware time and becomes signing-time. With `timestamps` the signature is B-T, or there is none.
    Raises EngineError where the signer's key and certificate do not work, and whatever the source raises.
    """
    content = Envelope(content_at=0, content_size=source.seek(0, os.SEEK_END), certificates=(), signers=())
    return _sign(source, content, signer, signed_at, timestamps)


def cosign(
    source: BinaryIO, signer: Signer, *, signed_at: datetime, timestamps: TimestampSource | None = None
) -> SignedEnvelope:
    """The envelope in `source` with one more signature beside those that are there (parallel, not over them).

    Raises like `envelop`, and Unreadable `not_an_envelope` where it is none of this engine's.
    """
    return _sign(source, read_envelope(source), signer, signed_at, timestamps)


def _sign(
    source: BinaryIO, envelope: Envelope, signer: Signer, signed_at: datetime, timestamps: TimestampSource | None
) -> SignedEnvelope:
    template = CmsTemplate.for_signer(signer)
    digest, base_digest = _digests(source, envelope)
    info = template.sign_info(digest, signer.key, signed_at=signed_at, timestamps=timestamps)
    tail = write_tail((*envelope.certificates, *template.certificates), (*envelope.signers, info))
    return SignedEnvelope(
        head=write_head(envelope.content_size, len(tail)),
        tail=tail,
        content_at=envelope.content_at,
        content_size=envelope.content_size,
        digest=digest,
        base_digest=base_digest,
    )


def _digests(source: BinaryIO, envelope: Envelope) -> tuple[bytes, bytes]:
    """SHA-256 of the file in the envelope, and of everything."""
    content = sha256()
    if envelope.content_at == 0:  # no envelope yet: it is everything
        for piece in _read(source, 0, envelope.content_size):
            content.update(piece)
        return content.digest(), content.digest()
    whole, end = sha256(), envelope.content_at + envelope.content_size
    for piece in _read(source, 0, envelope.content_at):
        whole.update(piece)
    for piece in _read(source, envelope.content_at, envelope.content_size):
        content.update(piece)
        whole.update(piece)
    for piece in _read(source, end, source.seek(0, os.SEEK_END) - end):
        whole.update(piece)
    return content.digest(), whole.digest()


def _read(source: BinaryIO, at: int, size: int) -> Iterator[bytes]:
    """So many bytes from there. Raises FileChanged where the file ends before them."""
    source.seek(at)
    while size > 0:
        piece = source.read(min(size, PIECE))
        if not piece:
            raise FileChanged
        size -= len(piece)
        yield piece
