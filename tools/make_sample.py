"""Write the sample that `sigillo quickstart` signs: one page, two standard typefaces, the same bytes each time.

python tools/make_sample.py > src/sigillo/cli/samples/agreement.pdf
"""

import sys
from collections.abc import Iterator

INK, SOFT, ACCENT, RULE = "0.13 0.15 0.19", "0.42 0.45 0.50", "0.09 0.32 0.47", "0.80 0.82 0.85"
LEFT, RIGHT = 72, 523
SIGNATURE_BOX = (313, 97, 523, 157)
"""Points from the lower left corner; `sigillo.cli.tour` asks for the signature here."""

CLAUSES = (
    (
        "1.  Subject",
        (
            "The Supplier keeps the Client's archive of paper contracts, scans it page by page, and hands each",
            "document over as a PDF file that carries the Supplier's signature. The scanned original is kept for",
            "ten years in a dry room, and is shown to the Client on any working day.",
        ),
    ),
    (
        "2.  Quality",
        (
            "Each page is legible at its printed size, turned the right way up and free of shadows. A page that",
            "is not is scanned again within five working days, at no charge, as often as it takes.",
        ),
    ),
    (
        "3.  Fees",
        (
            "The Client pays EUR 0.12 for each page, thirty days after the invoice that lists the pages of a",
            "calendar month. Nothing else is charged; a month without pages has no invoice.",
        ),
    ),
    (
        "4.  Confidentiality",
        (
            "Neither party tells others what it learns from the documents of the other. This holds for as long",
            "as a document is confidential by its nature, and five years after this agreement at the least.",
        ),
    ),
    (
        "5.  Term",
        (
            "The agreement runs from the day of the last signature for two years, and then from year to year",
            "until one party ends it in writing, three months before the year is over.",
        ),
    ),
    (
        "6.  Signature",
        (
            "The agreement is signed electronically, each party with a certificate in its own name. Whoever holds",
            "this file can check, without asking either of them, who signed it and that nothing was changed since.",
        ),
    ),
)


def _text(x: float, y: float, size: float, font: str, colour: str, text: str) -> str:  # noqa: PLR0917 - as in Tf, rg, Tj
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {colour} rg /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET"


def _rule(y: float, width: float, colour: str, left: float = LEFT, right: float = RIGHT) -> str:
    return f"{colour} RG {width} w {left} {y} m {right} {y} l S"


def _page() -> Iterator[str]:
    yield f"{ACCENT} rg {LEFT} 770 26 5 re f"
    yield _text(LEFT, 732, 25, "Serif", INK, "Service Agreement")
    yield _text(LEFT, 712, 9.5, "Sans", SOFT, "Keeping and scanning of archives  ·  No. 2026-0117  ·  Sample")
    yield _rule(697, 0.7, RULE)
    for x, role, name, place in (
        (LEFT, "Client", "Harbour Library Trust", "14 Quayside, Bristol"),
        (313, "Supplier", "Archivio Chiaro S.r.l.", "Via dei Tigli 8, Torino"),
    ):
        yield _text(x, 679, 8, "Sans", ACCENT, role.upper())
        yield _text(x, 664, 11.5, "Serif", INK, name)
        yield _text(x, 650, 9, "Sans", SOFT, place)
    yield _rule(637, 0.7, RULE)
    y = 611.0
    for heading, lines in CLAUSES:
        yield _text(LEFT, y, 10, "Bold", INK, heading)
        y -= 15.5
        for line in lines:
            yield _text(LEFT, y, 10.5, "Serif", INK, line)
            y -= 14
        y -= 11.5
    left, bottom, right, _ = SIGNATURE_BOX
    yield _text(LEFT, 162, 8, "Sans", ACCENT, "FOR THE CLIENT")
    yield _rule(bottom, 0.7, RULE, LEFT, 282)
    yield _text(LEFT, bottom - 13, 8, "Sans", SOFT, "Harbour Library Trust")
    yield _text(left, 162, 8, "Sans", ACCENT, "FOR THE SUPPLIER")
    yield _rule(bottom, 0.7, RULE, left, right)
    yield _text(left, bottom - 13, 8, "Sans", SOFT, "Archivio Chiaro S.r.l.")
    yield _text(LEFT, 48, 7.5, "Sans", SOFT, "A sample that comes with Sigillo. The parties do not exist.")
    yield _text(500, 48, 7.5, "Sans", SOFT, "1 / 1")


def sample() -> bytes:
    """The file. Its text is not compressed, so that it does not depend on a version of zlib."""
    content = "\n".join(_page()).encode("cp1252")
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /Serif 5 0 R /Sans 6 0 R /Bold 7 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        font % b"Times-Roman",
        font % b"Helvetica",
        font % b"Helvetica-Bold",
        b"<< /Title (Service Agreement) /Author (Sigillo) /Subject (A sample to sign) >>",
    )
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    identifier = b"<53494749 4C4C4F20 53414D50 4C452031>".replace(b" ", b"")
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R /ID [%s %s] >>\n" % (len(objects) + 1, identifier, identifier)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


if __name__ == "__main__":
    sys.stdout.buffer.write(sample())
