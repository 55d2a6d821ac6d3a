"""Looking at a document when it comes in: can it be signed, where, and what should people know of it?

It signs on trial, without key and without drawing, so that a file which cannot be signed is refused at intake
and not in front of the signer. Light to import: it runs in a child process of its own for each document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sigillo.engine.boundary import reading
from sigillo.engine.checking import check_increment
from sigillo.engine.errors import Unplaceable, Unreadable
from sigillo.engine.fields import Form, read_form
from sigillo.engine.locks import read_rules
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.pages import count_pages, find_page
from sigillo.engine.preparing import page_geometry, prepare_signature
from sigillo.engine.roads import take_road
from sigillo.engine.types import Buffer, Placement, SignatureRequest
from sigillo.engine.warning_signs import find_warnings

TRIAL_SIZE = 8192
"""Bytes for a CMS that is never made, larger than those of three certificates."""
TRIAL_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a document is, once it is clear that it can be signed.

    `sizes` are width and height of the pages of the placements, one for each and in their order, in points as
    displayed; `signatures` counts those that are there already; `warnings` are codes of `warning_signs`;
    `size` is in bytes.
    """

    pages: int
    sizes: tuple[tuple[float, float], ...]
    signatures: int
    warnings: tuple[str, ...]
    size: int


def inspect_pdf(document: Buffer, placements: Sequence[Placement] = ()) -> Inspection:
    """Inspect a document and sign it on trial in each of the places.

    Raises Protected where a password is needed, Unreadable where it is no PDF that can be signed (among them
    `not_a_pdf`, `leading_bytes`, `pure_xfa`), Unplaceable where a place is not on it, Locked where an earlier
    signature forbids another.
    """
    with reading():
        inspection, _ = take_road(document, partial(_inspect, placements=placements))
    return inspection


def _inspect(document: Document, placements: Sequence[Placement]) -> Inspection:
    prepared = prepare_signature(
        document, SignatureRequest(), signed_at=TRIAL_TIME, contents_size=TRIAL_SIZE, draw=None
    )
    check_increment(document, prepared)
    form = read_form(document)
    _check_xfa(document, form)
    return Inspection(
        pages=count_pages(document),
        sizes=tuple(_displayed_size(document, placement) for placement in placements),
        signatures=read_rules(document, form).signatures,
        warnings=find_warnings(document, form),
        size=len(document.source),
    )


def _check_xfa(document: Document, form: Form) -> None:
    """A form that only XFA describes shows nothing but a notice in most viewers: nobody would see what is signed."""
    if form.own.get("XFA") is None:
        return
    if document.get(document.catalog.get("NeedsRendering")) is True or not form.taken:
        raise Unreadable(
            "pure_xfa",
            "The document is a dynamic XFA form, which viewers no longer show; print it to PDF and send that.",
        )


def _displayed_size(document: Document, placement: Placement) -> tuple[float, float]:
    """Size of the page; raises Unplaceable where the page or the rectangle on it does not exist."""
    page = find_page(document, placement.page - 1) if placement.page > 0 else None
    if page is None:
        raise Unplaceable("page_missing", f"The document has no page {placement.page}; choose one that it has.")
    geometry = page_geometry(document, page)
    geometry.to_user_space(placement.rect)
    return geometry.displayed_size
