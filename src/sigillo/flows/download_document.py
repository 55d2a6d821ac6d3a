"""The current bytes of a document, before or after any of its signatures."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sigillo.base.errors import Conflict, Unavailable
from sigillo.blobs.errors import BlobDamaged, BlobMissing
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.documents import store
from sigillo.flows.profiles import is_enveloping
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import access_document
from sigillo.transactions.models import Document, Revision

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Download:
    """A document on its way out: `chunks` reads while it is sent, and breaks off where the bytes are not right."""

    chunks: Iterator[bytes]
    size: int
    digest: str
    file_name: str
    media_type: str


def download_document(principal: Principal, document_id: UUID) -> Download:
    """The newest revision of a document.

    Raises:
        NotFound: there is none of this id for this principal.
        Conflict: its bytes are not here (yet): the transaction waits for them, or they were refused.
        Unavailable: what is stored is damaged or gone; of a large document this may show only on its way.
    """
    scope = check_permission(principal, Verb.DOWNLOAD_DOCUMENT)
    document = access_document(principal, document_id, own_only=scope is Scope.OWN)
    newest = Revision.objects.filter(document=document).select_related("signature").order_by("-number").first()
    if newest is None:
        raise Conflict(
            "document_not_ready", f"The document is not here: the transaction is {document.transaction.status}."
        )
    name, media_type = _what_it_is(document, newest)
    return Download(
        chunks=_stream(newest), size=newest.size, digest=newest.digest, file_name=name, media_type=media_type
    )


def _what_it_is(document: Document, newest: Revision) -> tuple[str, str]:
    """Name and media type: of the document itself, or of the envelope that its CAdES signatures put it into."""
    name, media_type = document.display_name or f"document-{document.order + 1}", "application/octet-stream"
    if document.pages is not None:
        name, media_type = name if name.lower().endswith(".pdf") else f"{name}.pdf", "application/pdf"
    elif not _ENDING.search(name):
        name = f"{name}.bin"
    if newest.signature is not None and is_enveloping(newest.signature.profile):
        return f"{name}.p7m", "application/pkcs7-mime"
    return name, media_type


_ENDING = re.compile(r"[^.]\.[A-Za-z0-9]{1,8}$")


def _stream(revision: Revision) -> Iterator[bytes]:
    try:
        return store.stream(revision.digest, revision.size)
    except BlobDamaged:
        raise Unavailable("document_damaged", "The stored document is damaged; restore it from a backup.") from None
    except BlobMissing as error:
        logger.error("%s", error)
        raise Unavailable("document_missing", "The stored document is missing; restore it from a backup.") from None
