"""PAdES baseline B-B signatures as incremental updates of a PDF (ISO 32000-2, 12.8; ETSI EN 319 142-1, 6.3).

policy   which road a document takes: its own cross-reference, or one that is rebuilt
prepare  field, widget, appearance and signature dictionary as an increment with a gap
digest   SHA-256 over everything but the gap, the document hashed where it lies
sign     one use of the key, the CMS from the signer's template
check    the increment is read back before anybody sees it
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Literal

from sigillo.engine.appearance import draw_stamp
from sigillo.engine.boundary import PROVOKED, reading
from sigillo.engine.checking import check_increment
from sigillo.engine.cms import CmsTemplate
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.opening import open_by_reference, open_by_scanning
from sigillo.engine.preparing import Prepared, prepare_signature
from sigillo.engine.types import Buffer, SignatureRequest, SignedIncrement, Signer

Road = Literal["fast", "general"]


def sign_pdf(
    document: Buffer, signer: Signer, request: SignatureRequest, *, signed_at: datetime
) -> SignedIncrement:
    """Sign `document`; the answer holds the bytes to append to it, so that what was there stays as it was.

    `signed_at` is an aware time and becomes /M. The document is hashed once and never copied.
    Raises Refusal (`Protected`, `Unreadable`, `Unplaceable`, `Locked`) where this document, or this request
    on it, cannot be signed; EngineError where the signer's key and certificate do not work.
    """
    template = CmsTemplate.for_signer(signer)

    draw = partial(draw_stamp, request.lines)

    def prepare(opened: Document) -> Prepared:
        return prepare_signature(
            opened, request, signed_at=signed_at, contents_size=template.max_size, draw=draw
        )

    with reading():
        opened, prepared, road = take_road(document, prepare)
    digest = sha256(document)
    with memoryview(prepared.data) as written:
        digest.update(written[: prepared.gap_start])
        digest.update(written[prepared.gap_end :])
    cms = template.sign(digest.digest(), signer.key)
    prepared.fill(cms)
    with reading():
        check_increment(opened, prepared, cms)
    return SignedIncrement(bytes(prepared.data), prepared.field_name, digest.digest(), road)


def take_road(document: Buffer, prepare: Callable[[Document], Prepared]) -> tuple[Document, Prepared, Road]:
    """The policy: trust the file's cross-reference; where it misleads, rebuild it by reading the whole file.

    A file that cannot be prepared on either road raises the Malformed of the second.
    """
    try:
        opened = open_by_reference(document)
        return opened, prepare(opened), "fast"
    except (Malformed, *PROVOKED):
        opened = open_by_scanning(document)
        return opened, prepare(opened), "general"
