"""Pages and what they inherit from the page tree (ISO 32000-2, 7.7.3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.syntax import Dictionary, Ref, Value

INHERITED = ("MediaBox", "CropBox", "Rotate")
LETTER = (0.0, 0.0, 612.0, 792.0)
"""What viewers take for a page without /MediaBox."""
MAX_NODES = 2_000_000
MAX_LEVELS = 256
FLAT_FROM = 64
"""Pages from which a node that says it holds nothing but pages is indexed instead of walked."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its object, its own entries, and /MediaBox, /CropBox, /Rotate with what it inherits.

    `path` leads to it from the root of the page tree, itself included.
    """

    ref: Ref
    own: Dictionary
    attributes: Dictionary
    path: tuple[Ref, ...]

    def box(self, document: Document, key: str) -> tuple[float, ...] | None:
        """Four numbers in default user space, or None where the entry is absent or no rectangle."""
        numbers = [document.get(item) for item in document.array(self.attributes.get(key)) or []]
        if len(numbers) < 4:
            return None
        corners = [float(item) for item in numbers[:4] if isinstance(item, int | float)]
        return tuple(corners) if len(corners) == 4 else None

    def number(self, document: Document, key: str, default: float) -> float:
        """An inheritable number of the page (7.7.3.4), or the default."""
        value = document.get(self.attributes.get(key, self.own.get(key)))
        return value if isinstance(value, int | float) else default


def find_page(document: Document, index: int) -> Page | None:
    """The page at 0-based `index`, or None past the end. Raises Malformed for a looping tree."""
    for position, page in enumerate(_walk(document, skip=index)):
        if position == 0:
            return page
    return None


def count_pages(document: Document) -> int:
    """How many pages the tree really has; /Count is not asked."""
    return sum(1 for _ in iterate_pages(document))


def iterate_pages(document: Document) -> Iterator[Page]:
    """All pages in order. Raises Malformed for a tree that loops or is without bound."""
    return _walk(document, skip=0)


@dataclass(slots=True)
class _Node:
    kids: list[Value]
    inherited: Dictionary
    path: tuple[Ref, ...] = ()
    at: int = 0


def _walk(document: Document, skip: int) -> Iterator[Page]:
    """Depth first, without the first `skip` pages; they are stepped over where a node is flat and large."""
    root = document.catalog.get("Pages")
    stack = [_Node([root], {})]
    seen: set[Ref] = set()
    while stack:
        node = stack[-1]
        if node.at >= len(node.kids):
            stack.pop()
            continue
        kid = node.kids[node.at]
        node.at += 1
        if not isinstance(kid, Ref):
            continue
        own = document.dictionary(kid)
        if own is None:
            continue
        if kid in seen or len(seen) > MAX_NODES or len(stack) > MAX_LEVELS:
            raise Malformed("looping_pages", "The page tree of the file loops.")
        kids = document.array(own.get("Kids"))
        attributes = {**node.inherited, **{key: own[key] for key in INHERITED if key in own}}
        if kids is not None and own.get("Type") != "Page":
            seen.add(kid)
            jump = _flat_jump(document, own, kids, skip)
            skip -= jump
            stack.append(_Node(kids, attributes, (*node.path, kid), jump))
        elif skip:
            skip -= 1
        else:
            yield Page(kid, own, attributes, (*node.path, kid))


def _flat_jump(document: Document, own: Dictionary, kids: list[Value], skip: int) -> int:
    """How many kids to step over unread: those of a large node whose /Count says that each is a page."""
    if len(kids) < FLAT_FROM or own.get("Count") != len(kids) or not 0 < skip < len(kids):
        return 0
    landing = document.dictionary(kids[skip])
    return skip if landing is not None and landing.get("Type") == "Page" else 0
