"""What earlier signatures of a document forbid (ISO 32000-2, 12.7.5.5, 12.8.2.2 and 12.8.2.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sigillo.engine.errors import Locked, Unplaceable
from sigillo.engine.fields import Form
from sigillo.engine.pdf.document import Document
from sigillo.engine.pdf.syntax import Dictionary, Value
from sigillo.engine.pdf.writing import decode_text

NO_CHANGES = 1
"""The access permission /P of a DocMDP transform under which every change breaks the signature."""


class FieldLock(NamedTuple):
    """One FieldMDP rule: `action` is All, Include or Exclude."""

    action: str
    names: tuple[str, ...]

    def covers(self, name: str) -> bool:
        """Whether the field of this full name may no longer change, so may not come into being either."""
        named = any(name == locked or name.startswith(f"{locked}.") for locked in self.names)
        return {"All": True, "Include": named, "Exclude": not named}.get(self.action, True)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the next signature: how many there are already, and which fields are locked."""

    signatures: int
    locks: tuple[FieldLock, ...]

    def allows(self, name: str) -> bool:
        """Whether no earlier signature locks a field of this name (12.8.2.4)."""
        return not any(lock.covers(name) for lock in self.locks)


def read_rules(document: Document, form: Form) -> Rules:
    """Read the rules of the signatures that are there. Raises Locked where one forbids every change."""
    signed = [
        (field.own, signature)
        for field in form.fields
        if field.is_signature and (signature := document.dictionary(field.value)) and "ByteRange" in signature
    ]
    locks: list[FieldLock] = []
    permissions = document.dictionary(document.catalog.get("Perms")) or {}
    certification = document.dictionary(permissions.get("DocMDP"))
    if certification is not None:
        _check_certification(document, certification)
    for field, signature in signed:
        _check_certification(document, signature)
        locks.extend(_transform_locks(document, signature))
        locks.extend(_field_locks(document, field))
    return Rules(len(signed), tuple(locks))


def choose_name(form: Form, rules: Rules, wanted: str | None) -> str:
    """The name of the new signature field: `wanted`, or the first free one that no lock covers.

    Raises Locked where earlier signatures leave no name, Unplaceable where `wanted` cannot be had.
    """
    if wanted is not None:
        return _checked(form, rules, wanted)
    if not rules.allows("\0"):
        raise _all_locked()
    number = 1
    while (name := f"Signature{number}") in form.taken or not rules.allows(name):
        number += 1
    return name


def _checked(form: Form, rules: Rules, wanted: str) -> str:
    if not wanted or "." in wanted:
        raise Unplaceable("field_name_invalid", "The name of a signature field has to be text without full stop.")
    if wanted in form.taken or any(name.startswith(f"{wanted}.") for name in form.taken):
        raise Unplaceable(
            "field_name_taken", f"The document has a field named {wanted!r} already; choose another name."
        )
    if not rules.allows(wanted):
        raise _all_locked()
    return wanted


def _all_locked() -> Locked:
    return Locked(
        "fields_locked",
        "An earlier signature locks the fields of this document, so no further signature can be added; "
        "sign the document before that signature is made.",
    )


def _check_certification(document: Document, signature: Dictionary) -> None:
    for method, parameters in _transforms(document, signature):
        if method == "DocMDP" and document.get(parameters.get("P")) == NO_CHANGES:
            raise Locked(
                "certified_without_changes",
                "The document is certified and allows no changes; sign it before it is certified.",
            )


def _transform_locks(document: Document, signature: Dictionary) -> Iterator[FieldLock]:
    for method, parameters in _transforms(document, signature):
        if method == "FieldMDP":
            yield _lock(document, parameters)


def _field_locks(document: Document, field: Dictionary) -> Iterator[FieldLock]:
    """The /Lock of a field that is signed; PDF 2.0 lets it carry a /P as well (table 236)."""
    lock = document.dictionary(field.get("Lock"))
    if lock is None:
        return
    if document.get(lock.get("P")) == NO_CHANGES:
        raise Locked("certified_without_changes", "An earlier signature allows no further change of the document.")
    if "Action" in lock:
        yield _lock(document, lock)


def _transforms(document: Document, signature: Dictionary) -> Iterator[tuple[Value, Dictionary]]:
    for entry in document.array(signature.get("Reference")) or []:
        reference = document.dictionary(entry) or {}
        parameters = document.dictionary(reference.get("TransformParams")) or {}
        yield document.get(reference.get("TransformMethod")), parameters


def _lock(document: Document, parameters: Dictionary) -> FieldLock:
    names = [document.get(name) for name in document.array(parameters.get("Fields")) or []]
    return FieldLock(
        str(document.get(parameters.get("Action"))),
        tuple(decode_text(name) for name in names if isinstance(name, bytes)),
    )
