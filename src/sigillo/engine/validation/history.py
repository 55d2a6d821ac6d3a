"""The revisions that were signed, and what happened between them."""

from collections.abc import Sequence
from itertools import pairwise

from sigillo.engine.errors import EngineError
from sigillo.engine.validation.changes import compare
from sigillo.engine.validation.compared import Change, Kind
from sigillo.engine.validation.extents import unclean_end
from sigillo.engine.validation.fields import Field, read_fields
from sigillo.engine.validation.ranges import Standing
from sigillo.engine.validation.references import Mentions
from sigillo.engine.validation.report import Finding, Gravity
from sigillo.engine.validation.revision import Place, Revision, Shelf, number_of


class History:
    """Every signed revision once, compared with the one before it once: linear in the number of signatures.

    The last revision is the whole file, signed or not. A revision that cannot be read is left out of the
    comparisons; its signature says so.
    """

    def __init__(self, view: memoryview, final: Revision, standings: Sequence[Standing], shelf: Shelf) -> None:
        self._size = len(view)
        self._revisions: dict[int, Revision] = {self._size: final}
        self._findings: dict[int, Finding] = {}
        for end in sorted({standing.span.end for standing in standings if standing.span} - {self._size}):
            self._read(view, end, shelf)
        ends = sorted(self._revisions)
        self._check_ends(view, [self._revisions[end] for end in ends], final)
        mentions = Mentions(view, [self._revisions[end] for end in ends])
        self._steps = [
            (older, compare(self._revisions[older], self._revisions[newer], mentions))
            for older, newer in pairwise(ends)
        ]
        self._fields: dict[int, dict[str, Field]] = {}

    def _read(self, view: memoryview, end: int, shelf: Shelf) -> None:
        try:
            revision = Revision(view, end, shelf)
        except EngineError as error:
            self._findings[end] = Finding(
                "revision_unreadable", f"What this signature covers is no document by itself: {error.message}"
            )
            return
        self._revisions[end] = revision

    def _check_ends(self, view: memoryview, revisions: Sequence[Revision], final: Revision) -> None:
        """Each object is looked at in the first revision that has it, and so once."""
        known: set[Place] = set()
        for revision in revisions[:-1]:
            fresh = [number for number, place in revision.places.items() if place not in known]
            known.update(revision.places.values())
            finding = unclean_end(view, revision, fresh, final)
            if finding is not None:
                self._findings[revision.end] = finding

    def changes_after(self, end: int) -> tuple[Change, ...]:
        """Everything that was changed in the revision that ends there, up to the file as it is."""
        return tuple(change for older, changes in self._steps if older >= end for change in changes)

    def findings_at(self, standing: Standing, *, newest: bool) -> list[Finding]:
        """What is wrong with the revision of one signature, apart from what was changed after it."""
        if standing.span is None:
            return []
        end = standing.span.end
        found = [self._findings[end]] if end in self._findings else []
        if end in self._revisions and not self._holds(end, standing):
            found.append(
                Finding(
                    "not_in_own_revision",
                    "The signature is not part of the form in the revision that it covers.",
                )
            )
        if newest and end < self._size:
            found.append(self._uncovered(end))
        return found

    def _holds(self, end: int, standing: Standing) -> bool:
        revision = self._revisions[end]
        if end not in self._fields:
            self._fields[end] = {field.name: field for field in read_fields(revision)}
        field = self._fields[end].get(standing.field.name)
        number = number_of(field.value) if field is not None else None
        place = revision.places.get(number) if number is not None else None
        return number == number_of(standing.field.value) and place is not None and place.offset == standing.offset

    def _uncovered(self, end: int) -> Finding:
        kinds = {change.kind for change in self.changes_after(end)}
        only_evidence = kinds == {Kind.EVIDENCE} and end not in self._findings
        return Finding(
            "bytes_after",
            f"{self._size - end} bytes follow the newest signature, and no signature covers them.",
            Gravity.DOUBT if only_evidence else Gravity.FAULT,
        )
