"""Opening a PDF: by its cross-reference where that holds, else by reading the file from its beginning."""

from sigillo.engine.pdf.crossref import last_startxref, read_cross_reference
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.recovery import add_packed, rebuild
from sigillo.engine.pdf.syntax import Source

HEADER_WINDOW = 1024
"""How far into a file viewers look for the header."""


def open_by_reference(source: Source, *, tail: bytes = b"") -> Document:
    """Trust the cross-reference. Raises Malformed where it does not lead to a page tree, PasswordNeeded."""
    _check_header(source)
    crossref = read_cross_reference(source, last_startxref(source))
    return _usable(Document(source, crossref, tail=tail))


def open_by_scanning(source: Source) -> Document:
    """Rebuild the cross-reference. Raises Malformed where even so there is no page tree, PasswordNeeded."""
    _check_header(source)
    return _usable(rebuild(source))


def _check_header(source: Source) -> None:
    found = source[: HEADER_WINDOW + 5].find(b"%PDF-")
    if found < 0:
        raise Malformed("not_a_pdf", "The file is not a PDF: it does not begin with %PDF-.")
    if found > 0:
        # Viewers count offsets from the header, verifiers disagree on byte ranges: no signature holds in all.
        raise Malformed(
            "leading_bytes",
            f"The file has {found} bytes before its %PDF- header.",
        )


def _usable(document: Document) -> Document:
    if document.trailer.get("Encrypt") is not None:
        # pyHanko's handlers take 0.3 s to import; only encrypted documents need them.
        from sigillo.engine.pdf.encryption import unlock  # noqa: PLC0415

        unlock(document)
    if document.rebuilt:
        add_packed(document)
    if document.dictionary(document.catalog.get("Pages")) is None:
        raise Malformed("no_pages", "The file has no page tree.")
    return document
