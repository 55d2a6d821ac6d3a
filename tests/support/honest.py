"""Documents that nobody tampered with, as signers of different habits leave them. All must be accepted."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from io import BytesIO

import pikepdf
from asn1crypto import keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.timestamps import DummyTimeStamper

from tests.support import issuing
from tests.support.attacks import FILLED_ANEW, FORM
from tests.support.broken_signatures import once
from tests.support.forging import BODIES, Seal, arabic, certification, contract, edited, include_lock
from tests.support.signed import SIGNED_AT, Wish, form_pdf, plain_pdf, sign, stream


def in_turn(document: bytes, *wishes: Wish) -> bytes:
    """`document` signed by pyHanko, once for each wish."""
    for wish in wishes:
        document = sign(document, wish)
    return document


def saved(document: bytes, **options: object) -> bytes:
    """The document as pikepdf writes it anew."""
    out = BytesIO()
    with pikepdf.open(BytesIO(document)) as pdf:
        pdf.save(out, **options)  # type: ignore[arg-type]  # keywords of pikepdf
    return out.getvalue()


A, B, C = Wish("A", lock=["amount"]), Wish("B", lock=["amount"]), Wish("C", lock=["amount"], visible=False)
EMPTY_FIELD = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature2)/F 4/Rect[200 20 280 60]/P 3 0 R>>"
EVIDENCE = {
    50: stream(b"0\x82 a certificate"),
    **edited(1, b"/Pages", b"/DSS<</Type/DSS/Certs[50 0 R]/VRI<<>>>>/Pages"),
}


def _waiting_field() -> bytes:
    """A signature field that was there, empty, before the first signature, and is signed by the second."""
    bodies = {**BODIES, 30: EMPTY_FIELD, **edited(8, b"[6 0 R]", b"[6 0 R 30 0 R]")}
    first = Seal(fields=(6, 30, 20)).on(contract(bodies))
    signed = EMPTY_FIELD.replace(b"/F 4", b"/F 4/V 31 0 R")
    return Seal(1, override=signed, fields=(6, 30, 20)).on(first)


@cache
def stamped(document: bytes, authority: issuing.Issued) -> bytes:
    """The document with a document time-stamp on top."""
    private = authority.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificates = [x509.Certificate.load(issued.der) for issued in (authority, issuing.root())]
    stamper = DummyTimeStamper(
        certificates[0],
        keys.PrivateKeyInfo.load(private),
        certificates,  # type: ignore[arg-type]  # any iterable will do
        fixed_dt=SIGNED_AT + timedelta(hours=1),
    )
    writer = IncrementalPdfFileWriter(BytesIO(document), strict=False)
    out: BytesIO = signers.PdfTimeStamper(stamper).timestamp_pdf(writer, "sha256", bytes_reserved=16384)
    return out.getvalue()


RAW: dict[str, Callable[[], bytes]] = {
    "once": once,
    "twice": lambda: Seal(1).on(once()),
    "three_times": lambda: Seal(2).on(Seal(1).on(once())),
    "locked_field": lambda: Seal(1).on(once(include_lock(b"amount"))),
    "lock_of_the_field": lambda: Seal(1).on(once(b"", b"/Lock<</Action/Include/Fields[(amount)]>>")),
    "lock_of_another_field": lambda: Seal(1, entries=include_lock(b"amount")).on(once(include_lock(b"other"))),
    "certified_then_approved": lambda: Seal(1).on(once(certification(2))),
    "certified_filled_then_approved": lambda: Seal(1, also=FILLED_ANEW).on(once(certification(2))),
    "certified_against_every_change": lambda: once(certification(1)),
    "waiting_field": _waiting_field,
    "metadata_rewritten": lambda: Seal(1, also=edited(10, b"<x:xmpmeta", b"<x:xmpmeta id='2'")).on(once()),
    "information_rewritten": lambda: Seal(1, also=edited(9, b"D:20260101", b"D:20260601")).on(once()),
    "evidence_added": lambda: Seal(1, also=EVIDENCE).on(once()),
    "object_nobody_uses": lambda: Seal(1, also={50: b"(unused)"}).on(once()),
    "page_rewritten_alike": lambda: Seal(1, also={3: BODIES[3]}).on(once()),
    "font_added_to_the_form": lambda: Seal(
        1, also={50: BODIES[5]}, form=FORM.replace(b"/Helv 5 0 R", b"/Helv 5 0 R/Other 50 0 R")
    ).on(once()),
    "formatted_number": lambda: Seal().on(
        contract({**BODIES, **edited(6, b"/V(100)", b"/V(100.00)/AA<</F<</S/JavaScript/JS(AFNumber_Format)>>>>")})
    ),
    "password": lambda: Seal().on(contract({**BODIES, **edited(6, b"/V(100)", b"/V(secret)/Ff 8192")})),
    "right_to_left": lambda: Seal().on(contract(arabic("العربية", "العربية"[::-1]))),
    "other_spelling_of_a_value": lambda: Seal().on(contract({**BODIES, **edited(6, b"/V(100)", b"/V( 1 0 0. )")})),
}

PYHANKO: dict[str, Callable[[], bytes]] = {
    "visible": lambda: in_turn(plain_pdf(), Wish("A")),
    "three_with_locks": lambda: in_turn(form_pdf(), A, B, C),
    "certified_then_two": lambda: in_turn(form_pdf(), Wish("A", certify=2, visible=False), B, C),
    "object_streams": lambda: in_turn(saved(form_pdf(), object_stream_mode=pikepdf.ObjectStreamMode.generate), A, B, C),
    "linearized": lambda: in_turn(saved(form_pdf(), linearize=True), A, B),
    "encrypted_without_password": lambda: in_turn(
        saved(form_pdf(), encryption=pikepdf.Encryption(user="", owner="owner", R=6)), A, B
    ),
    "stamped": lambda: stamped(in_turn(form_pdf(), A), issuing.stamping_authority()),
    "stamped_then_signed": lambda: in_turn(stamped(in_turn(form_pdf(), A), issuing.stamping_authority()), B),
}
HONEST = {
    f"{family}/{name}": build for family, files in (("raw", RAW), ("pyhanko", PYHANKO)) for name, build in files.items()
}
