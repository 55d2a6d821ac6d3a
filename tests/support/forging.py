"""A signer that makes whatever it is told to, byte by byte: the test's own hand, sharing no code with the engine.

Each signature is an incremental update written out in full. The knobs are for what no honest signer does:
other byte ranges, other CMS attributes, other objects that come along.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from asn1crypto import cms, tsp, x509

from sigillo.engine.types import Signer
from tests.support import chain
from tests.support.signed import PAGE_TEXT, append_objects, build_pdf, stream

ROOM = 8192
"""Hexadecimal digits of /Contents."""

FIELD = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature%d)/V %d 0 R/F 132/Rect[0 0 0 0]/P 3 0 R%s>>"

BODIES: Mapping[int, bytes] = {
    1: b"<</Type/Catalog/Pages 2 0 R/AcroForm 8 0 R/Metadata 10 0 R>>",
    2: b"<</Type/Pages/Kids[3 0 R 11 0 R]/Count 2>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>",
    4: stream(PAGE_TEXT),
    5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    6: b"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(100)/DA(/Helv 12 Tf 0 g)/F 4"
    b"/Rect[40 100 140 120]/P 3 0 R/AP<</N 7 0 R>>>>",
    7: stream(
        b"/Tx BMC q BT /Helv 12 Tf 2 5 Td (100) Tj ET Q EMC",
        b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</Helv 5 0 R>>>>",
    ),
    8: b"<</Fields[6 0 R]/DA(/Helv 12 Tf 0 g)/DR<</Font<</Helv 5 0 R>>>>>>",
    9: b"<</Title(Contract)/ModDate(D:20260101000000Z)>>",
    10: stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", b"/Type/Metadata/Subtype/XML"),
    11: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents[4 0 R 13 0 R]/Rotate 0"
    b"/Resources<</Font<</F1 5 0 R>>>>>>",
}
"""A contract of two pages with one field. Page 2 refers to object 13, which does not exist."""


def arabic(value: str, shown: str) -> dict[int, bytes]:
    """The contract with an Arabic value in its field, drawn glyph by glyph in the order it is seen in."""
    letters = sorted(set(shown))
    table = b"".join(b"<%04x><%04x>" % (code, ord(letter)) for code, letter in enumerate(letters, 1))
    glyphs = b"".join(b"%04x" % (letters.index(letter) + 1) for letter in shown)
    return {
        **BODIES,
        6: BODIES[6].replace(b"(100)", b"<FEFF%s>" % value.encode("utf-16-be").hex().encode()),
        7: stream(
            b"/Tx BMC BT /Arab 12 Tf [<%s>] TJ ET EMC" % glyphs,
            b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</Arab 14 0 R>>>>",
        ),
        14: b"<</Type/Font/Subtype/Type0/BaseFont/Any/Encoding/Identity-H/ToUnicode 15 0 R>>",
        15: stream(b"%d beginbfchar %s endbfchar" % (len(letters), table)),
    }


def contract(bodies: Mapping[int, bytes] = BODIES) -> bytes:
    return build_pdf(bodies, b"/Info 9 0 R")


def edited(number: int, old: bytes, new: bytes) -> dict[int, bytes]:
    """One object of the contract with a piece of it replaced."""
    body = BODIES[number]
    assert old in body
    if b"stream\n" not in body:
        return {number: body.replace(old, new)}
    head, data = body.split(b"\nstream\n")
    data = data.removesuffix(b"\nendstream").replace(old, new)
    entries = head.split(b"/", 2)[2:]
    return {number: stream(data, b"/" + entries[0].removesuffix(b">>") if entries else b"")}


Cms = Callable[[bytes, Signer], bytes]
Shape = Callable[[int, int, int], Sequence[int]]


@dataclass(frozen=True)
class CmsWish:
    """What to leave out of a CMS, or to state falsely. The signature value is always right for what it is over."""

    drop: frozenset[str] = frozenset()
    no_attributes: bool = False
    content_type: str = "data"
    certificate_of: Signer | None = None
    digest: str = "sha256"
    encapsulated: bytes | None = None
    signers: int = 1
    without_certificates: bool = False
    repeat: str = ""
    stated_digest: bytes | None = None
    protect: str = "sha256"

    def __call__(self, digest: bytes, signer: Signer) -> bytes:
        return _content_info(self, digest, signer)


def _content_info(wish: CmsWish, digest: bytes, signer: Signer) -> bytes:
    certificates = [] if wish.without_certificates else [signer.certificate, *signer.chain]
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": wish.digest}],
            "encap_content_info": {"content_type": "data", "content": wish.encapsulated},
            "certificates": [cms.CertificateChoices("certificate", x509.Certificate.load(c)) for c in certificates],
            "signer_infos": [_signer_info(wish, digest, signer)] * wish.signers,
        }
    )
    content: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
    return content


def _signer_info(wish: CmsWish, digest: bytes, signer: Signer) -> cms.SignerInfo:
    certificate = x509.Certificate.load(signer.certificate)
    algorithm = {"algorithm": "sha256_rsa" if signer.key.algorithm == "rsa" else "sha256_ecdsa"}
    attributes = _attributes(wish, digest, signer, algorithm)
    named = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    values = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(named)),
        "digest_algorithm": {"algorithm": wish.digest},
        "signature_algorithm": algorithm,
        "signature": signer.key.sign(attributes.dump()),
    }
    return cms.SignerInfo(values if wish.no_attributes else values | {"signed_attrs": attributes})


def _attributes(wish: CmsWish, digest: bytes, signer: Signer, algorithm: dict[str, str]) -> cms.CMSAttributes:
    named = wish.certificate_of or signer
    identifier = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(named.certificate).digest()})
    protection = {"digest_algorithm": {"algorithm": wish.protect}, "signature_algorithm": algorithm}
    values = {
        "content_type": wish.content_type,
        "message_digest": wish.stated_digest or digest,
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [identifier]}),
        "cms_algorithm_protection": cms.CMSAlgorithmProtection(protection),
    }
    names = [name for name in values if name not in wish.drop]
    names += [wish.repeat] * bool(wish.repeat)
    return cms.CMSAttributes([cms.CMSAttribute({"type": name, "values": [values[name]]}) for name in names])


@dataclass(frozen=True)
class Seal:
    """One signature on the contract. `index` numbers it: its field is object 20 + 10 · index, the next its dictionary.

    `also` are objects that come along in the same update; `fields` is what the form then lists.
    `override` is written for the field as it is.
    `shape` turns (start of gap, end of gap, size) into the /ByteRange; `written` is what stands for it instead.
    """

    index: int = 0
    also: Mapping[int, bytes] = field(default_factory=dict)
    signer: Signer | None = None
    cms: Cms = field(default_factory=CmsWish)
    shape: Shape | None = None
    written: bytes | None = None
    subfilter: bytes = b"/ETSI.CAdES.detached"
    entries: bytes = b""
    field_entries: bytes = b""
    override: bytes | None = None
    fields: Sequence[int] | None = None
    form: bytes = b"/DA(/Helv 12 Tf 0 g)/DR<</Font<</Helv 5 0 R>>>>/SigFlags 3"
    time: bytes = b"D:20260601120000Z"
    before_contents: bytes = b""
    trailer: bytes = b""
    root: int = 1

    def on(self, document: bytes) -> bytes:
        """The document with this signature on it."""
        number = 20 + 10 * self.index
        listed = self.fields if self.fields is not None else [6, *range(20, number + 1, 10)]
        form = b"<</Fields[%s]%s>>" % (b" ".join(b"%d 0 R" % item for item in listed), self.form)
        placeholder = b"[%-60s]" % b"0 0 0 0"
        objects = {8: form, **self.also} | {
            number: self.override or FIELD % (self.index + 1, number + 1, self.field_entries),
            number + 1: b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter%s/M(%s)%s/ByteRange %s/Contents%s<%s>>>"
            % (self.subfilter, self.time, self.entries, placeholder, self.before_contents, b"0" * ROOM),
        }
        update = append_objects(document, objects, self.trailer, self.root)
        return self._fill(bytearray(update), update.rindex(placeholder), update.rindex(b"0" * ROOM) - 1)

    def _fill(self, out: bytearray, range_at: int, gap: int) -> bytes:
        gap_end = gap + ROOM + 2
        numbers = list(self.shape(gap, gap_end, len(out))) if self.shape else [0, gap, gap_end, len(out) - gap_end]
        written = self.written.ljust(62) if self.written else b"[%-60s]" % b" ".join(b"%d" % value for value in numbers)
        out[range_at : range_at + len(written)] = written
        signed = b"".join(out[at : at + size] for at, size in zip(numbers[::2], numbers[1::2], strict=False))
        contents = self.cms(hashlib.sha256(signed).digest(), self.signer or chain.signer()).hex().encode()
        out[gap + 1 : gap + 1 + len(contents)] = contents
        return bytes(out)


def include_lock(*names: bytes) -> bytes:
    """Entries of a signature dictionary that lock these fields by FieldMDP."""
    listed = b" ".join(b"(%s)" % name for name in names)
    rule = b"<</Type/TransformParams/V/1.2/Action/Include/Fields[%s]>>" % listed
    return b"/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams %s>>]" % rule


def certification(level: int) -> bytes:
    """Entries of a signature dictionary that certify the document by DocMDP."""
    rule = b"<</Type/TransformParams/V/1.2/P %d>>" % level
    return b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams %s>>]" % rule


def with_padding(tail: bytes) -> Cms:
    """A right CMS with other bytes behind it in the room that /Contents reserves."""
    return lambda digest, signer: CmsWish()(digest, signer) + tail


def sha1_cms(digest: bytes, signer: Signer) -> bytes:
    """A CMS whose document digest is said to be SHA-1."""
    return CmsWish(digest="sha1", protect="sha1", stated_digest=digest[:20])(digest, signer)
