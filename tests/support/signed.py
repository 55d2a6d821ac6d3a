"""Small PDFs written by hand, and an independent signer for them: pyHanko's own road, with the test PKI.

The documents that `tests.support.attacks` attacks are made here, so that the validator is tried against
signatures which the engine did not make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import time_machine
from asn1crypto import cms, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sigillo.engine.types import Signer, SigningKey
from tests.support import chain

SIGNED_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
CHECKED_AT = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

PAGE_TEXT = b"BT /F1 12 Tf 40 250 Td (I owe you 100 euro.) Tj ET"


def build_pdf(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF with a classic cross-reference table; object 1 is the catalog."""
    return append_objects(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", objects, trailer)


def append_objects(document: bytes, objects: Mapping[int, bytes], trailer: bytes = b"", root: int = 1) -> bytes:
    """An ordinary incremental update: `objects` by number, then a table and a trailer."""
    out = bytearray(document)
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number in sorted(offsets):
        out += b"%d 1\n%010d 00000 n \n" % (number, offsets[number])
    marker = document.rfind(b"startxref")
    previous = b"" if marker < 0 else b"/Prev %d" % int(document[marker + 9 :].split()[0])
    size = max([*objects, 60])
    out += b"trailer\n<</Size %d/Root %d 0 R%s%s>>\n" % (size + 1, root, previous, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def plain_pdf() -> bytes:
    """One page with one sentence, no form."""
    return build_pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            4: stream(PAGE_TEXT),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        }
    )


def form_pdf(value: str = "100", shown: str | None = None, form_entries: bytes = b"") -> bytes:
    """One page with the text field `amount`; its appearance shows `shown`, by default its value."""
    text = value if shown is None else shown
    appearance = b"/Tx BMC q BT /Helv 12 Tf 2 5 Td (%s) Tj ET Q EMC" % text.encode("latin-1")
    form = b"<</Fields[6 0 R]/DA(/Helv 12 Tf 0 g)/DR<</Font<</Helv 5 0 R>>>>%s>>" % form_entries
    return build_pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R/AcroForm %s>>" % form,
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>",
            4: stream(PAGE_TEXT),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
            6: b"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(%s)/DA(/Helv 12 Tf 0 g)/F 4"
            b"/Rect[40 100 140 120]/P 3 0 R/AP<</N 7 0 R>>>>" % value.encode("latin-1"),
            7: stream(
                appearance,
                b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</Helv 5 0 R>>>>",
            ),
        }
    )


class ChainSigner(signers.Signer):
    """pyHanko's face for a signer of `tests.support.chain`; `edit` may change the finished CMS."""

    def __init__(self, signer: Signer) -> None:
        certificate = x509.Certificate.load(signer.certificate)
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        registry.register_multiple([x509.Certificate.load(der) for der in signer.chain])
        self.key: SigningKey = signer.key
        super().__init__(signing_cert=certificate, cert_registry=registry, embed_roots=True)

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        del digest_algorithm  # the keys of the test PKI know SHA-256 only
        return bytes(512) if dry_run else self.key.sign(data)

    def get_signature_mechanism_for_digest(self, digest_algorithm: str | None) -> cms.SignedDigestAlgorithm:
        del digest_algorithm
        name = "sha256_rsa" if self.key.algorithm == "rsa" else "sha256_ecdsa"
        return cms.SignedDigestAlgorithm({"algorithm": name})


@dataclass(frozen=True)
class Wish:
    """How one signature is to be made."""

    field: str = "Signature1"
    lock: Sequence[str] | None = None
    certify: int | None = None
    visible: bool = True
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES


def sign(document: bytes, wish: Wish | None = None, signer: Signer | None = None) -> bytes:
    """`document` with one more pyHanko signature, as an incremental update."""
    wish = wish or Wish()
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    if writer.prev.encrypted:
        writer.encrypt(b"")  # type: ignore[no-untyped-call]
    box = (150, 20, 280, 60) if wish.visible else None
    lock = None
    if wish.lock is not None:
        lock = fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, fields=list(wish.lock))
    fields.append_signature_field(writer, fields.SigFieldSpec(wish.field, box=box, field_mdp_spec=lock))
    metadata = signers.PdfSignatureMetadata(
        field_name=wish.field,
        md_algorithm="sha256",
        subfilter=wish.subfilter,
        certify=wish.certify is not None,
        docmdp_permissions=fields.MDPPerm(wish.certify or 2),
    )
    pdf_signer = signers.PdfSigner(metadata, ChainSigner(signer or chain.signer()))
    with time_machine.travel(SIGNED_AT, tick=False):
        out: BytesIO = pdf_signer.sign_pdf(writer, bytes_reserved=16384)
    return out.getvalue()
