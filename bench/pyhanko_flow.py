"""pyHanko's default flow, as its documentation shows it: the rival that `bench.engine` measures.

It is given the same key, the same chain of three certificates, the same text in the same rectangle, and makes
PAdES B-B (ETSI.CAdES.detached, SHA-256) like ours. The signer is loaded once from files; then each document
takes an `IncrementalPdfFileWriter` and one call with default settings. Its stamp is text in Courier without an
embedded font, where ours embeds a subset: the difference is not in our favour.
"""

from io import BytesIO
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle

from bench.cases import LINES, REASON, RECT, SignOnce
from sigillo.engine.types import Signer
from sigillo.pki.keys import LocalKey


def pyhanko(signer: Signer, directory: Path, visible: bool) -> SignOnce:
    """A function that signs one PDF with pyHanko."""
    loaded = _load(signer, directory)
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1", reason=REASON, subfilter=fields.SigSeedSubFilter.PADES
    )
    style = TextStampStyle(stamp_text="\n".join(LINES))

    def sign(document: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(BytesIO(document))
        if not visible:
            return bytes(signers.sign_pdf(writer, metadata, signer=loaded).getvalue())
        fields.append_signature_field(writer, fields.SigFieldSpec("Signature1", box=RECT, on_page=0))
        made = signers.PdfSigner(metadata, signer=loaded, stamp_style=style).sign_pdf(writer)
        return bytes(made.getvalue())

    return sign


def _load(signer: Signer, directory: Path) -> signers.SimpleSigner:
    """A SimpleSigner from PEM files, as pyHanko's documentation has it."""
    if not isinstance(signer.key, LocalKey):
        raise TypeError("the benchmark signs with keys in memory")
    pem = serialization.Encoding.PEM
    key = signer.key.private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "key.pem").write_bytes(key)
    names = ["signer.pem", "issuing.pem", "root.pem"]
    for name, der in zip(names, (signer.certificate, *signer.chain), strict=True):
        (directory / name).write_bytes(_pem(der))
    paths = [str(directory / name) for name in names]
    loaded = signers.SimpleSigner.load(  # type: ignore[no-untyped-call]
        str(directory / "key.pem"), paths[0], ca_chain_files=paths[1:]
    )
    if not isinstance(loaded, signers.SimpleSigner):
        raise TypeError("pyHanko could not load the test signer")
    return loaded


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
