"""Whether the objects of a signed revision end inside it.

An object that is left open at the end of the signed bytes, an endless string or a stream said to be longer
than the file, is continued by whatever is appended: it changes without a signed byte changing.
"""

import re
from collections.abc import Iterable

from sigillo.engine.validation.compared import identical
from sigillo.engine.validation.report import Finding
from sigillo.engine.validation.revision import PdfObject, Revision

SPACE = rb"(?:[\x00\t\n\f\r ]|%[^\r\n]*[\r\n])"
HEADER = re.compile(SPACE + rb"*\d+" + SPACE + rb"+\d+" + SPACE + rb"+obj")
TOKEN = re.compile(
    rb"(?P<string>\()|(?P<skip>/[^\x00\t\n\f\r ()<>\[\]{}/%]*|<[0-9A-Fa-f\x00\t\n\f\r ]*>|%[^\r\n]*)"
    rb"|(?P<open><<|\[)|(?P<close>>>|\])|(?P<end>endobj|stream)"
)
IN_STRING = re.compile(rb"\\.|[()]", re.DOTALL)
LENGTH = re.compile(
    rb"/(?:L|#4[cC])(?:e|#65)(?:n|#6[eE])(?:g|#67)(?:t|#74)(?:h|#68)" + SPACE + rb"*\+?(\d{1,15})"
    rb"(?:" + SPACE + rb"+\d{1,10}" + SPACE + rb"+(R)(?![A-Za-z0-9]))?"
)  # fmt: skip

END_OF_STREAM = re.compile(rb"endstream")


def unclean_end(view: memoryview, revision: Revision, fresh: Iterable[int], final: Revision) -> Finding | None:
    """What is wrong with the end of a revision that something follows; None where nothing is.

    `fresh` are the objects that no earlier revision of `final` has at the same place.
    """
    if any(_grows(view, revision, number, final) for number in fresh):
        return Finding(
            "revision_not_closed",
            "An object that this signature covers does not end with what it covers; what follows continues it.",
        )
    return None


def _grows(view: memoryview, revision: Revision, number: int, final: Revision) -> bool:
    """Whether an object reads otherwise once the file goes on after the revision."""
    place = revision.places[number]
    if place.index >= 0 or _ends_inside(view, revision, place.offset):
        return False
    if final.places.get(number) != place:
        return False
    return not identical(revision.read_anew(number), final.read_anew(number))


def _ends_inside(view: memoryview, revision: Revision, offset: int) -> bool:
    """Whether the object that starts there ends before the revision does; in doubt it does not."""
    header = HEADER.match(view, offset, revision.end)
    if header is None:
        return False
    at, depth = header.end(), 0
    while (token := TOKEN.search(view, at, revision.end)) is not None:
        at = token.end()
        if token.lastgroup == "string":
            at = _end_of_string(view, at, revision.end)
        elif token.lastgroup == "end":
            return depth == 0 and (token[0] == b"endobj" or _stream_ends_inside(view, revision, offset, at))
        else:
            depth += {"open": 1, "close": -1}.get(str(token.lastgroup), 0)
    return False


def _end_of_string(view: memoryview, start: int, end: int) -> int:
    """Where a literal string ends, its parentheses balanced (ISO 32000-2, 7.3.4.2); `end` where it does not."""
    depth = 1
    for match in IN_STRING.finditer(view[start:end]):
        depth += {b"(": 1, b")": -1}.get(match[0], 0)
        if depth == 0:
            return start + match.end()
    return end


def _stream_ends_inside(view: memoryview, revision: Revision, offset: int, start: int) -> bool:
    """Whether every /Length in the dictionary of a stream, its own and those of nested ones, stays inside."""
    lengths: list[PdfObject] = [
        int(stated[1]) if stated[2] is None else revision.at(int(stated[1]))
        for stated in LENGTH.finditer(view[offset:start])
    ]
    if lengths and all(isinstance(length, int) for length in lengths):
        return bool(start + max(lengths) <= revision.end)
    return END_OF_STREAM.search(view, start, revision.end) is not None
