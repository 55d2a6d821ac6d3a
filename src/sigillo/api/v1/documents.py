"""The documents of transactions."""

from django.http import HttpRequest, StreamingHttpResponse

from sigillo.api.attachment import content_disposition
from sigillo.api.values import read_identifier
from sigillo.flows.download_document import download_document
from sigillo.organizations.principal import Principal


def download(request: HttpRequest, principal: Principal, document: str) -> StreamingHttpResponse:  # noqa: ARG001 - a view's signature
    """The current bytes, whatever the caller says it accepts: client libraries of the contract ask for JSON here."""
    file = download_document(principal, read_identifier("document", document))
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": content_disposition(file.file_name),
        "ETag": f'"{file.digest}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(file.chunks, content_type=file.media_type, headers=headers)
