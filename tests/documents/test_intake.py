"""A document is inspected in a child; what the child says, and how it ends, arrives as a value or a refusal."""

import resource
import zlib
from pathlib import Path

import pytest

from sigillo.documents import intake
from sigillo.documents.intake import Inspection, IntakeLimits, inspect_document
from sigillo.engine.errors import Protected, Refusal, Unplaceable, Unreadable
from sigillo.engine.inspect import inspect_pdf
from sigillo.engine.types import Placement
from tests.support.pages import pdf as one_page

GENEROUS = IntakeLimits()
PLACE = Placement(1, (50.0, 50.0, 200.0, 100.0))


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


CATALOG, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate 90 >>"
PLAIN = pdf(CATALOG, PAGES, PAGE)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "document"
    path.write_bytes(content)
    return path


def test_the_child_finds_what_the_engine_finds(tmp_path: Path) -> None:
    found = inspect_document(written(tmp_path, PLAIN), [PLACE], GENEROUS)
    assert found == inspect_pdf(PLAIN, [PLACE])
    assert found == Inspection(pages=1, sizes=((842.0, 595.0),), signatures=0, warnings=(), size=len(PLAIN))


@pytest.mark.parametrize(
    ("content", "placement", "kind"),
    [
        (b"Dear Sir or Madam", PLACE, Unreadable),
        (b"", PLACE, Unreadable),
        (PLAIN, Placement(2, PLACE.rect), Unplaceable),
        (PLAIN, Placement(1, (800.0, 50.0, 2000.0, 100.0)), Unplaceable),
    ],
)
def test_a_refusal_keeps_its_class_code_and_sentence(
    content: bytes, placement: Placement, kind: type[Refusal], tmp_path: Path
) -> None:
    with pytest.raises(kind) as inside:
        inspect_pdf(content, [placement])
    with pytest.raises(Refusal) as outside:
        inspect_document(written(tmp_path, content), [placement], GENEROUS)
    assert type(outside.value) is kind
    assert (outside.value.code, outside.value.message) == (inside.value.code, inside.value.message)


def test_a_locked_file_is_told_apart(tmp_path: Path) -> None:
    encryption = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <%s> /U <%s> >>" % (b"11" * 32, b"22" * 32)
    locked = pdf(CATALOG, PAGES, PAGE, encryption, trailer=b"/Encrypt 4 0 R /ID [<00> <00>]")
    with pytest.raises(Protected):
        inspect_document(written(tmp_path, locked), [], GENEROUS)


def bomb(megabytes: int) -> bytes:
    """A catalog inside an object stream that unfolds to this much white space."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(megabytes)) + packer.flush()
    stream = b"<< /Type /ObjStm /N 1 /First 8 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        len(packed),
        packed,
    )
    out = bytearray(b"%PDF-1.7\n")
    at_stream = len(out)
    out += b"4 0 obj\n" + stream + b"\nendobj\n"
    at_xref = len(out)
    entries = [(0, 0, 65535), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, at_stream, 0), (1, at_xref, 0)]
    table = b"".join(
        bytes([kind]) + first.to_bytes(4, "big") + second.to_bytes(2, "big") for kind, first, second in entries
    )
    out += b"5 0 obj\n<< /Type /XRef /Size 6 /W [1 4 2] /Root 1 0 R /Length %d >>\nstream\n" % len(table)
    out += table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at_xref
    return bytes(out)


def wide(pages: int) -> bytes:
    """A page tree with this many entries for its one page."""
    return pdf(CATALOG, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * pages, pages), PAGE)


@pytest.mark.parametrize(
    ("content", "limits", "code"),
    [
        (wide(2_000_000), IntakeLimits(cpu_seconds=1), "intake_cpu"),
        (bomb(150), IntakeLimits(memory_bytes=120 << 20), "intake_memory"),
        (PLAIN, IntakeLimits(wall_seconds=0.001), "intake_time"),
    ],
    ids=["cpu", "memory", "time"],
)
def test_a_document_that_costs_too_much_is_refused_by_the_limit_it_met(
    content: bytes, limits: IntakeLimits, code: str, tmp_path: Path
) -> None:
    with pytest.raises(Unreadable) as caught:
        inspect_document(written(tmp_path, content), [], limits)
    assert caught.value.code == code
    assert caught.value.message.startswith("The document takes more than ")
    assert caught.value.message.endswith("and send that.")


def test_an_ordinary_document_takes_a_moment(tmp_path: Path) -> None:
    """Most of it is the start of the interpreter and the imports of the engine: they have to stay light."""
    path = written(tmp_path, PLAIN)
    inspect_document(path, [PLACE])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    inspect_document(path, [PLACE])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.35


def test_a_file_that_is_not_there_is_no_fault_of_a_document(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_document(tmp_path / "absent", [], GENEROUS)


def test_what_is_slow_to_read_is_not_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(one_page())
    assert inspect_document(path, []).pages == 1
    monkeypatch.setattr(intake, "ACCEPTED_CPU_SECONDS", 0.001)  # no child starts in less
    with pytest.raises(Unreadable) as refused:
        inspect_document(path, [])
    assert refused.value.code == "intake_costly"
