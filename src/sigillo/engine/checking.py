"""Reading a prepared increment back, the way a verifier will: from startxref to the bytes that will be signed.

It happens before the key is used: a file in which the signature would not be found again costs nobody a
signature, nor a one-time password.
"""

from sigillo.engine.pdf.crossref import CrossReference, last_startxref, read_section
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Ref
from sigillo.engine.preparing import Prepared


def check_increment(document: Document, prepared: Prepared) -> None:
    """Follow the new section to form, field, page and signature. Raises Malformed where one is not found.

    Costs only what is new: the older sections of the cross-reference are those that were read already.
    """
    tail = bytes(prepared.data)
    signed = _reopen(document, tail)
    field = signed.dictionary(prepared.field) or {}
    signature = signed.dictionary(field.get("V")) or {}
    form = signed.dictionary(signed.catalog.get("AcroForm")) or {}
    page = signed.dictionary(prepared.page) or {}
    after = prepared.base + len(tail)
    gap = prepared.base + prepared.gap_start, prepared.base + prepared.gap_end
    contents = signature.get("Contents")
    found = (
        prepared.field in _refs(signed, form.get("Fields"))
        and prepared.field in _refs(signed, page.get("Annots"))
        and signature.get("ByteRange") == [0, gap[0], gap[1], after - gap[1]]
        and contents == bytes((gap[1] - gap[0] - 2) // 2)
        and tail[prepared.gap_start : prepared.gap_start + 1] == b"<"
        and tail[prepared.gap_end - 1 : prepared.gap_end] == b">"
    )
    if not found:
        raise Malformed("not_found_again", "The signature is not found again in this file.")


def _reopen(document: Document, tail: bytes) -> Document:
    start = last_startxref(tail)
    section, trailer = read_section(tail, start - len(document.source))
    older = [] if document.rebuilt else document.crossref.sections
    crossref = CrossReference([section, *older], trailer, start, document.crossref.streams)
    signed = Document(document.source, crossref, tail=tail)
    signed.cipher = document.cipher
    return signed


def _refs(document: Document, value: object) -> list[Ref]:
    array = document.array(value if isinstance(value, Ref | list) else None) or []
    return [item for item in array if isinstance(item, Ref)]
