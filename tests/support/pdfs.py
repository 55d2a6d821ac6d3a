"""Small PDFs for tests, written out by hand so that each byte of what they are odd in is known."""

from collections.abc import Sequence
from itertools import count as count_up

PAGE_TEXT = b"BT /F1 24 Tf 72 700 Td (Agreement of May) Tj ET 0.5 w 60 60 475 722 re S"


def pdf(objects: Sequence[bytes], *, root: int = 1, trailer: bytes = b"", version: bytes = b"1.7") -> bytes:
    """A file with a classic cross-reference table; `objects` are the bodies of 1 0, 2 0, …"""
    out = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root %d 0 R%s>>\n" % (len(objects) + 1, root, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def page(entries: bytes = b"", *, parent: int = 2, contents: int = 4, font: int = 5) -> bytes:
    resources = b"/Resources<</Font<</F1 %d 0 R>>>>" % font
    return b"<</Type/Page/Parent %d 0 R/Contents %d 0 R%s%s>>" % (parent, contents, resources, entries)


FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def one_page(
    page_entries: bytes = b"/MediaBox[0 0 595 842]", catalog_entries: bytes = b"", more: Sequence[bytes] = ()
) -> bytes:
    """One page, objects 1 (catalog) to 5; `more` become objects 6, 7, …"""
    catalog = b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog_entries
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return pdf([catalog, pages, page(page_entries), stream(PAGE_TEXT), FONT, *more])


def form(names: Sequence[str] = ("Given name", "Family name")) -> bytes:
    """One page with a text field for each name; object 6 is the form, the fields follow."""
    refs = b" ".join(b"%d 0 R" % number for number in range(7, 7 + len(names)))
    fields = [
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(%s)/V(before)/Rect[72 %d 300 %d]/F 4/P 3 0 R/DA(/F1 12 Tf)>>"
        % (name.encode("latin-1"), 600 - 40 * index, 620 - 40 * index)
        for index, name in enumerate(names)
    ]
    return one_page(
        b"/MediaBox[0 0 595 842]/Annots[%s]" % refs,
        b"/AcroForm 6 0 R",
        [b"<</Fields[%s]/DA(/F1 12 Tf)/DR<</Font<</F1 5 0 R>>>>>>" % refs, *fields],
    )


def many_pages(count: int, filler: int) -> bytes:
    """`count` pages of their own contents, each with `filler` bytes that do not compress."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * index) for index in range(count))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[0 0 595 842]>>" % (kids, count),
        FONT,
    ]
    noise = (b"%d 0 m %d 9 l S\n" % (index % 595, index % 317) for index in count_up())
    for index in range(count):
        data = bytearray(PAGE_TEXT + b"\n")
        while len(data) < filler:
            data += next(noise)
        objects += [page(contents=5 + 2 * index, font=3), stream(bytes(data))]
    return pdf(objects)
