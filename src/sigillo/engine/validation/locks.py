"""What a signature permits to those who come after it: DocMDP and FieldMDP (ISO 32000-2, 12.8.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyhanko.pdf_utils import generic

from sigillo.engine.validation.compared import Change, Kind
from sigillo.engine.validation.fields import Field, text_of
from sigillo.engine.validation.report import Finding, Gravity
from sigillo.engine.validation.revision import PdfObject, Revision, raw

NO_CHANGES = 1
"""DocMDP level: not even another signature."""


@dataclass(frozen=True, slots=True)
class FieldLock:
    """One FieldMDP rule: `action` is /All, /Include or /Exclude, over the fully qualified `names`."""

    action: str
    names: tuple[str, ...]

    def closes(self, field: str) -> bool:
        """Whether the rule forbids a change of this field; a name stands for everything below it."""
        named = any(field == name or field.startswith(f"{name}.") for name in self.names)
        return {"/Include": named, "/Exclude": not named}.get(self.action, True)


@dataclass(frozen=True, slots=True)
class Locks:
    """Everything one signature forbids: field rules, and the DocMDP level where it states one."""

    fields: tuple[FieldLock, ...]
    permission: int | None

    def closes(self, field: str) -> bool:
        """Whether any rule forbids a change of this field."""
        return any(lock.closes(field) for lock in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The closed fields by name, "*" for all of them, "-name" for all but that one."""
        found: list[str] = []
        for lock in self.fields:
            prefix = "-" if lock.action == "/Exclude" else ""
            found += [prefix + name for name in lock.names] if lock.action in {"/Include", "/Exclude"} else ["*"]
        return tuple(dict.fromkeys(found))


def read_locks(revision: Revision, field: Field, signature: PdfObject) -> Locks:
    """The rules of a signature, and of the /Lock its field carries: whoever signed it accepted both."""
    locks: list[FieldLock] = []
    levels: list[int] = []
    lock = revision.get(field.entries, "/Lock")
    if isinstance(lock, generic.DictionaryObject):
        locks += _field_lock(revision, lock)
        levels += _level(revision, lock)
    for element in revision.array(raw(signature, "/Reference")):
        reference = revision.dictionary(element)
        parameters = revision.dictionary(raw(reference, "/TransformParams"))
        method = revision.get(reference, "/TransformMethod")
        if method == "/FieldMDP":
            locks += _field_lock(revision, parameters)
        elif method == "/DocMDP":
            levels += _level(revision, parameters) or [2]
    return Locks(tuple(dict.fromkeys(locks)), min(levels, default=None))


def _field_lock(revision: Revision, rule: PdfObject) -> Iterator[FieldLock]:
    action = str(revision.get(rule, "/Action") or "")
    names = tuple(text_of(revision.resolve(name)) for name in revision.array(raw(rule, "/Fields")))
    # A rule that cannot be understood closes everything.
    yield FieldLock(action if action in {"/Include", "/Exclude"} else "/All", names)


def _level(revision: Revision, rule: PdfObject) -> list[int]:
    level = revision.get(rule, "/P")
    return [int(level)] if isinstance(level, generic.NumberObject) and 1 <= level <= 3 else []


def judge(changes: Sequence[Change], locks: Locks, *, certified: bool) -> Iterator[Finding]:
    """What the changes after one signature mean for it.

    `certified`: this signature, or one before it, says by DocMDP that forms may be filled in.
    """
    for change in changes:
        if change.kind is Kind.OTHER:
            yield Finding("changed_after_signing", f"After it was signed, {change.message}.")
        elif change.kind in {Kind.SIGNATURE, Kind.FILL}:
            yield from _judge_field(change, locks, certified)


def _judge_field(change: Change, locks: Locks, certified: bool) -> Iterator[Finding]:
    if locks.permission == NO_CHANGES:
        yield Finding("locked_document", f"The signature forbids every change, yet {change.message} after it.")
    elif locks.closes(change.name):
        yield Finding("locked_field", f"The signature locks this field, yet {change.message} after it.")
    elif change.kind is Kind.FILL:
        gravity = Gravity.NOTE if certified else Gravity.DOUBT
        permitted = ", which the certification permits" if certified else "; this signer did not see that value"
        yield Finding("filled_after_signing", f"After it was signed, {change.message}{permitted}.", gravity)
