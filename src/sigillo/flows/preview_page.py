"""A page of a document as a picture, for those who may read its transaction."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sigillo.base.errors import Conflict
from sigillo.credentials.permissions import Scope, Verb, check_permission
from sigillo.documents import store
from sigillo.documents.previews import Previews, Size
from sigillo.installation import cache_folder
from sigillo.organizations.principal import Principal
from sigillo.transactions.access import access_document_at
from sigillo.transactions.models import Revision

CACHE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture, PNG; `tag` changes whenever another would be shown in its place."""

    picture: bytes
    tag: str


@cache
def _previews() -> Previews:
    return Previews(cache_folder() / "previews")


def preview_page(principal: Principal, transaction_id: UUID, document: int, page: int, size: Size) -> Preview:
    """Page `page`, from 1, of the newest revision of the document at index `document`, from 0.

    Raises:
        NotFound: there is no such transaction for this principal, or no such document or page.
        Conflict: the document is not here (yet).
        Invalid: the page cannot be painted.
    """
    own_only = check_permission(principal, Verb.DOWNLOAD_DOCUMENT) is Scope.OWN
    row = access_document_at(principal, transaction_id, document, own_only=own_only)
    newest = Revision.objects.filter(document=row).order_by("-number").first()
    if newest is None:
        raise Conflict("document_not_ready", f"The document is not here: the transaction is {row.transaction.status}.")
    picture = _previews().page(newest.digest, page, size, store.local_file)
    return Preview(picture, f"{newest.digest}-{page}-{size.name}")


def trim_previews() -> int:
    """Upkeep: keep the pictures of this machine within their room; how many were deleted."""
    return _previews().trim(CACHE_BYTES)
