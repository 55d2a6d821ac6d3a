"""The documents of transactions."""

from django.http import StreamingHttpResponse

from sigillo.api.attachment import content_disposition
from sigillo.api.v1.door import Raw, Route
from sigillo.api.values import read_identifier
from sigillo.credentials.permissions import Verb
from sigillo.flows.download_document import download_document
from sigillo.organizations.principal import Principal


def download(principal: Principal, document: str) -> StreamingHttpResponse:
    """Download the current bytes of a document.

    They come whatever the request accepts: client libraries of the contract ask for JSON here.
    """
    file = download_document(principal, read_identifier("document", document))
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": content_disposition(file.file_name),
        "ETag": f'"{file.digest}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(file.chunks, content_type=file.media_type, headers=headers)


ROUTES = (
    Route(
        *("GET", "documents/<str:document>/download", Verb.DOWNLOAD_DOCUMENT, download, Raw),
        media_types=("application/pdf", "application/pkcs7-mime", "application/octet-stream"),
    ),
)
