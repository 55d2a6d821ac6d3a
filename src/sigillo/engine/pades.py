"""PAdES baseline B-B and B-T signatures as incremental updates of a PDF (ISO 32000-2, 12.8; ETSI EN 319 142-1, 6.3).

policy   which road a document takes: its own cross-reference, or one that is rebuilt
prepare  field, widget, appearance and signature dictionary as an increment with a gap
digest   SHA-256 over everything but the gap, the document hashed where it lies
sign     one use of the key, the CMS from the signer's template
stamp    for B-T, one call of the source of time-stamps, over the signature value
check    the increment is read back before anybody sees it
"""

from datetime import datetime
from functools import partial
from hashlib import sha256

from sigillo.engine.appearance import draw_stamp
from sigillo.engine.boundary import reading
from sigillo.engine.checking import check_increment
from sigillo.engine.cms import CmsTemplate
from sigillo.engine.pdf.document import Document
from sigillo.engine.preparing import Prepared, prepare_signature
from sigillo.engine.roads import take_road
from sigillo.engine.types import Buffer, SignatureRequest, SignedIncrement, Signer, TimestampSource


def sign_pdf(
    document: Buffer,
    signer: Signer,
    request: SignatureRequest,
    *,
    signed_at: datetime,
    timestamps: TimestampSource | None = None,
) -> SignedIncrement:
    """Sign `document`; the answer holds the bytes to append to it, so that what was there stays as it was.

    `signed_at` is an aware time and becomes /M. The document is hashed once and never copied. With `timestamps` the
    signature is B-T (ETSI EN 319 142-1, 6.3), or there is none.
    Raises Refusal (`Protected`, `Unreadable`, `Unplaceable`, `Locked`) where this document, or this request
    on it, cannot be signed; EngineError where the signer's key and certificate do not work; OutOfRoom where the
    time-stamp is larger than its source said, and whatever the source raises.
    """
    if signed_at.utcoffset() is None:
        raise ValueError("signed_at must be an aware time")
    template = CmsTemplate.for_signer(signer)
    size = template.max_size_with(timestamps)

    def prepare(opened: Document) -> Prepared:
        draw = partial(draw_stamp, request.lines)
        prepared = prepare_signature(opened, request, signed_at=signed_at, contents_size=size, draw=draw)
        check_increment(opened, prepared)
        return prepared

    with reading():
        prepared, road = take_road(document, prepare)
    base_digest, digest = _digests(document, prepared)
    prepared.fill(template.sign(digest, signer.key, timestamps))
    return SignedIncrement(bytes(prepared.data), prepared.field_name, digest, base_digest, road)


def _digests(document: Buffer, prepared: Prepared) -> tuple[bytes, bytes]:
    """SHA-256 of the document, and over all bytes but the gap (ISO 32000-2, 12.8.1); one reading, where it lies."""
    base = sha256(document)
    signed = base.copy()
    with memoryview(prepared.data) as written:
        signed.update(written[: prepared.gap_start])
        signed.update(written[prepared.gap_end :])
    return base.digest(), signed.digest()
