"""The current bytes of a document, before or after any of its signatures."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sigillo.base.errors import Conflict
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.documents import store
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import access_document
from sigillo.transactions.models import Revision


@dataclass(frozen=True, slots=True)
class Download:
    """A document on its way out: `chunks` reads while it is sent."""

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
    """
    scope = check_permission(principal, Verb.DOWNLOAD_DOCUMENT)
    document = access_document(principal, document_id, own_only=scope is Scope.OWN)
    newest = Revision.objects.filter(document=document).order_by("-number").first()
    if newest is None:
        raise Conflict(
            "document_not_ready", f"The document is not here: the transaction is {document.transaction.status}."
        )
    name = document.display_name or f"document-{document.order + 1}"
    return Download(
        chunks=store.stream(newest.digest),
        size=newest.size,
        digest=newest.digest,
        file_name=name if name.lower().endswith(".pdf") else f"{name}.pdf",
        media_type="application/pdf",
    )
