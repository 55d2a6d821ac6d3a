"""PAdES baseline B-B signatures as incremental updates of a PDF (ISO 32000-2, 12.8; ETSI EN 319 142-1)."""

from datetime import datetime
from hashlib import sha256
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from sigillo.engine.cms import CmsTemplate
from sigillo.engine.types import Buffer, SignatureRequest, SignedIncrement, Signer

name = generic.pdf_name


def sign_pdf(
    document: Buffer, signer: Signer, request: SignatureRequest, *, signed_at: datetime
) -> SignedIncrement:
    """Sign `document` and return the bytes to append to it; the document itself is left as it is.

    `signed_at` is an aware time, written to /M. Raises Refusal (`Protected`, `Unreadable`, `Unplaceable`,
    `Locked`) where this document or this request on it cannot be signed.
    """
    template = CmsTemplate.for_signer(signer)
    writer = IncrementalPdfFileWriter(BytesIO(bytes(document)), strict=False)
    signature = SignatureObject(
        timestamp=signed_at,
        subfilter=SigSeedSubFilter.PADES,
        name=request.name,
        location=request.location,
        reason=request.reason,
        bytes_reserved=2 * template.max_size,
    )
    field_name = _add_field(writer, signature, request.field_name)
    output = BytesIO()
    writer._prep_dom_for_writing()
    writer._write(output)
    start, end = signature.contents.offsets
    size = output.tell()
    signature.byte_range.fill_offsets(output, start, end, size)
    content = output.getbuffer()
    digest = sha256(content[:start])
    digest.update(content[end:])
    contents = template.sign(digest.digest(), signer.key).hex().encode()
    content[start + 1 : start + 1 + len(contents)] = contents
    return SignedIncrement(bytes(content[len(document) :]), field_name, digest.digest(), "general")


def _add_field(writer: IncrementalPdfFileWriter, signature: SignatureObject, wanted: str | None) -> str:
    page, _ = writer.find_page_for_modification(0)
    form = writer.root.get("/AcroForm")
    if form is None:
        form = generic.DictionaryObject({name("/Fields"): generic.ArrayObject()})
        writer.root["/AcroForm"] = writer.add_object(form)
        writer.update_root()
    else:
        writer.update_container(form)
    taken = {str(field.get_object().get("/T")) for field in form["/Fields"]}
    field_name = wanted or next(n for n in map("Signature{}".format, range(1, 10_000)) if n not in taken)
    field = generic.DictionaryObject(
        {
            name("/Type"): name("/Annot"),
            name("/Subtype"): name("/Widget"),
            name("/FT"): name("/Sig"),
            name("/T"): generic.pdf_string(field_name),
            name("/Rect"): generic.ArrayObject([generic.NumberObject(0)] * 4),
            name("/F"): generic.NumberObject(132),
            name("/P"): page,
            name("/V"): writer.add_object(signature),
        }
    )
    reference = writer.add_object(field)
    form["/Fields"].append(reference)
    writer.update_container(form["/Fields"])
    form["/SigFlags"] = generic.NumberObject(3)
    writer.register_annotation(page, reference)
    return field_name
