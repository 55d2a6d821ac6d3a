"""The rules for fetching a document from where its owner says it lies."""

from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from sigillo.documents.fetch_options import FetchOptions, options_from
from sigillo.outbound.client import Outbound
from sigillo.outbound.errors import OutboundFailed
from sigillo.outbound.values import Answer, Limits, Request, Sink

__all__ = ["FetchOptions", "FetchedFacts", "fetch_document", "options_from"]

MAX_REDIRECTS = 3
MAX_NAME = 255
_WHOLE = frozenset({200, 203})


@dataclass(frozen=True, slots=True)
class FetchedFacts:
    """What the answer said about the document. `file_name` is a bare name, made harmless, or None."""

    size: int
    content_type: str
    file_name: str | None


def fetch_document(
    outbound: Outbound, url: str, options: FetchOptions, *, max_bytes: int, total_seconds: float, sink: Sink
) -> FetchedFacts:
    """Fetch the document at `url` into `sink`, within `total_seconds` and `max_bytes`, over at most 3 redirects.

    Raises OutboundRefused where the URL is not called, OutboundFailed where the call brought no whole document;
    the attribute `permanent` of both says whether trying again can help. `sink` may have received a part.
    """
    request = Request(url, options.method, options.headers, options.auth, options.client_certificate)
    answer = outbound.fetch(request, Limits(max_bytes, total_seconds, MAX_REDIRECTS), sink)
    if answer.status not in _WHOLE or answer.size == 0:
        message = f"{urlsplit(answer.url).hostname} answered {answer.status} without a document."
        raise OutboundFailed("outbound_empty", message, permanent=True, status=answer.status)
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return FetchedFacts(answer.size, content_type or "application/octet-stream", _file_name(answer))


def _file_name(answer: Answer) -> str | None:
    """From Content-Disposition (RFC 6266), else from the last segment of the URL."""
    header = Message()
    header["Content-Disposition"] = answer.headers.get("content-disposition", "")
    given = header.get_filename() or unquote(PurePosixPath(urlsplit(answer.url).path).name)
    name = "".join(character for character in given if character.isprintable())
    name = PurePosixPath(name.replace("\\", "/")).name.strip(" .")
    return name[-MAX_NAME:] or None
