"""The rules for fetching a document from where its owner says it lies."""

from urllib.parse import urlsplit

from sigillo.documents.fetch_options import FetchOptions, options_from
from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundFailed
from sigillo.outbound.values import Limits, Request, Sink

__all__ = ["FetchOptions", "fetch_document", "options_from"]

MAX_REDIRECTS = 3
_WHOLE = frozenset({200, 203})


def fetch_document(
    outbound: Outbound, url: str, options: FetchOptions, *, max_bytes: int, total_seconds: float, sink: Sink
) -> int:
    """Fetch the document at `url` into `sink`, within `total_seconds` and `max_bytes`, over at most 3 redirects.

    Returns how many bytes came. Raises OutboundRefused where the URL is not called, OutboundFailed where the call
    brought no whole document; the attribute `permanent` of both says whether trying again can help. `sink` may have
    received a part.
    """
    request = Request(url, options.method, options.headers, options.auth, options.client_certificate)
    answer = outbound.fetch(request, Limits(max_bytes, total_seconds, MAX_REDIRECTS), sink)
    if answer.status not in _WHOLE or answer.size == 0:
        message = f"{urlsplit(answer.url).hostname} answered {answer.status} without a document."
        raise OutboundFailed("outbound_empty", message, permanent=True, status=answer.status)
    return answer.size
