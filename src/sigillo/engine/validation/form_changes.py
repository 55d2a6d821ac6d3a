"""What happened to the form between two revisions: signatures added, fields filled in, or something else."""

from collections.abc import Iterator

from pyhanko.pdf_utils import generic

from sigillo.engine.validation.compared import Change, Kind, Pair, differing, identical, other
from sigillo.engine.validation.fields import Field, read_fields, read_form
from sigillo.engine.validation.references import holders
from sigillo.engine.validation.revision import PdfObject, number_of, raw

FORM_MAY_CHANGE = frozenset({"/Fields", "/SigFlags", "/DR", "/DA", "/NeedAppearances"})
SIGNING_MAY_CHANGE = frozenset({"/V", "/AP", "/AS", "/F", "/Ff", "/MK", "/M"})
FILLING_MAY_CHANGE = frozenset({"/V", "/AP", "/AS", "/RV", "/I", "/M"})
WIDGET_MAY_CHANGE = frozenset({"/AP", "/AS", "/M"})
SIGNED_MAY_CHANGE = frozenset({"/Ff"})
GROUPING = frozenset({"/T", "/Kids", "/FT", "/Ff", "/Parent"})
ACTIONS = frozenset({"/A", "/AA"})


class FormChanges:
    """The comparison of two forms; `approved` are the new signature fields and their widgets, by number."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.approved: set[int] = set()

    def read(self) -> list[Change]:
        """Every change of the form; the objects it accounts for are explained in the pair."""
        pair = self._pair
        was, now = read_form(pair.old), read_form(pair.new)
        if was is None:
            return []
        if now is None:
            return [other("the form, and the signatures in it, were removed")]
        changes = list(self._form(was, now))
        pair.explain(raw(pair.old.root, "/AcroForm"))
        before = {field.number: field for field in read_fields(pair.old)}
        after = {field.number: field for field in read_fields(pair.new)}
        for number in after.keys() - before.keys():
            changes += self._added(after[number])
        for number, field in before.items():
            changes += self._kept(field, after.get(number))
        return changes

    def _form(self, was: PdfObject, now: PdfObject) -> Iterator[Change]:
        differences = differing(was, now)
        for key in sorted(differences - FORM_MAY_CHANGE):
            yield other(f"the entry {key} of the form was changed")
        flags, needed = raw(now, "/SigFlags"), raw(was, "/SigFlags")
        if not isinstance(flags, int | None) or int(needed or 0) & ~int(flags or 0):
            yield other("the form no longer says that it holds signatures")
        if "/NeedAppearances" in differences and _is_true(self._pair.new.get(now, "/NeedAppearances")):
            yield other("viewers were told to draw the form anew from its values (/NeedAppearances)")
        if "/DA" in differences and raw(was, "/DA") is not None:
            yield other("the default appearance of the form was changed")
        if not self._pair.only_adds(raw(was, "/DR"), raw(now, "/DR"), depth=1):
            yield other("the fonts or other resources of the form were changed")

    def _added(self, field: Field) -> Iterator[Change]:
        """A new field must be a signature, made in the same revision and of new objects only."""
        pair = self._pair
        if not field.terminal and field.number in pair.added and set(field.entries) <= GROUPING:
            self.approved.add(field.number)
            return
        parts = [field.number, *field.widgets]
        entries = [pair.new.dictionary(pair.new.at(number)) for number in parts]
        value = number_of(field.value)
        fresh = value in pair.added and all(number in pair.added for number in parts)
        if field.type != "/Sig" or not fresh or not all(_is_widget(entry) for entry in entries):
            yield other(f"the form field {field.name!r} was added")
            return
        self.approved.update(parts)
        yield self._signature(field)

    def _signature(self, field: Field) -> Change:
        signature = self._pair.new.dictionary(field.value)
        if raw(signature, "/Type") == "/DocTimeStamp":
            return Change(Kind.TIMESTAMP, field.name, f"the document time-stamp {field.name!r} was added")
        return Change(Kind.SIGNATURE, field.name, f"the field {field.name!r} was signed")

    def _kept(self, was: Field, now: Field | None) -> Iterator[Change]:
        if now is None:
            yield other(f"the form field {was.name!r} was removed")
            return
        if (was.name, was.type) != (now.name, now.type) or was.widgets != now.widgets:
            yield other(f"the form field {was.name!r} was changed into another")
            return
        touched = {was.number, *was.widgets, *self._owned(was)} & self._pair.overridden
        if not touched or self._is_parent_that_gained(was, now):
            return
        if was.type != "/Sig":
            yield self._settle(was, now, FILLING_MAY_CHANGE, Change(Kind.FILL, was.name, f"{was.name!r} was filled in"))
        elif was.value is None and number_of(now.value) in self._pair.added:
            yield self._settle(was, now, SIGNING_MAY_CHANGE, self._signature(now))
        elif differing(was.entries, now.entries) - SIGNED_MAY_CHANGE or touched != {was.number}:
            yield other(f"the signature field {was.name!r} was changed")
        else:
            self._pair.explained.add(was.number)

    def _settle(self, was: Field, now: Field, permitted: frozenset[str], change: Change) -> Change:
        """`change`, where only what belongs to it differs; the objects concerned are then explained."""
        pair = self._pair
        differences = differing(was.entries, now.entries)
        fine = differences <= permitted
        for number in was.widgets:
            fine = fine and differing(pair.old.at(number), pair.new.at(number)) <= WIDGET_MAY_CHANGE
        own = {was.number, *was.widgets}
        for number in self._owned(was) & pair.overridden:
            # An appearance rewritten in place is part of the change only where nothing else shows it and the
            # value moved with it: alone it makes the field show another text than it holds.
            users = {holder for holder, _ in holders(pair.old, number)}
            fine = fine and "/V" in differences and users <= own | self._owned(was)
        if not fine:
            return other(f"the form field {was.name!r} was changed in more than its value")
        pair.explained |= own | self._owned(was)
        return change

    def _is_parent_that_gained(self, was: Field, now: Field) -> bool:
        """Whether the node only groups other fields, and gained nothing but approved ones."""
        if was.terminal or differing(was.entries, now.entries) != {"/Kids"}:
            return False
        before, after = (
            revision.array(raw(field.entries, "/Kids"))
            for revision, field in ((self._pair.old, was), (self._pair.new, now))
        )
        kept = [kid for kid in after if number_of(kid) not in self.approved]
        gained = len(kept) == len(before) and all(map(identical, before, kept))
        if gained:
            self._pair.explained.add(was.number)
        return gained

    def _owned(self, field: Field) -> set[int]:
        """The objects that hold the value and the appearance of a field: /AP, its streams, an indirect /V."""
        revision = self._pair.old
        found: set[int | None] = {number_of(field.value)} if field.type != "/Sig" else set()
        for number in (field.number, *field.widgets):
            appearance = raw(revision.dictionary(revision.at(number)), "/AP")
            found.add(number_of(appearance))
            states = revision.dictionary(appearance)
            for state in states or ():
                found.add(number_of(raw(states, state)))
        return {number for number in found if number is not None}


def _is_true(value: PdfObject | None) -> bool:
    return isinstance(value, generic.BooleanObject) and bool(value.value)


def _is_widget(entries: PdfObject | None) -> bool:
    """A plain annotation dictionary that does nothing by itself; never something a page tree could hold."""
    return (
        entries is not None
        and raw(entries, "/Type") in {None, "/Annot"}
        and raw(entries, "/Subtype") in {None, "/Widget"}
        and not ACTIONS & set(entries)
    )
