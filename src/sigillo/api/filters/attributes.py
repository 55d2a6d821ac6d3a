"""What can be asked of an attribute, by its kind, and the condition that it becomes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import Enum
from functools import partial
from uuid import UUID

from django.db.models import F, Model, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import Exact, GreaterThan, IRegex, Regex

from sigillo.api.filters.asked import Asked
from sigillo.organizations import texts
from sigillo.organizations.conditions import NOTHING, Condition, Meets, OfPart, OfUser, users_of

TEXT_LOOKUPS = (
    *("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"),
    *("in", "isnull"),
)
MOMENT_LOOKUPS = ("exact", "gt", "gte", "lt", "lte", "range", "in", "isnull", "date", "year", "month", "day")
_PATTERNS = {"contains": "{}", "endswith": r"{}\Z"}
_FITS: dict[str, Callable[[str, str], bool]] = {
    "exact": str.__eq__,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
PARTS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}
"""The whole numbers that a part of a moment can be."""
_EVERYTHING = Condition(Q(), keeps_order=True)
_NOTHING = Condition(NOTHING, keeps_order=True)


class Kind(Enum):
    """What the values of an attribute are, as far as a description can tell."""

    TEXT = "text"
    MOMENT = "moment"
    FLAG = "flag"
    IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a list.

    `order` is the path by which items are put in a row, where an item has one value of it; `is_text`, that this is
    done without regard to case.
    """

    lookups: tuple[str, ...]
    condition: Callable[[Asked], Meets]
    order: str | None = None
    is_text: bool = False
    kind: Kind = Kind.TEXT


def text(path: str, *, empty_is_null: bool = False) -> Attribute:
    """A text column of the row. With `empty_is_null`, an empty text is what answers show as null."""
    return Attribute(TEXT_LOOKUPS, partial(_text_condition, F(path), empty_is_null), path, is_text=True)


def full_name() -> Attribute:
    """The full name of a user, which is the id of one whose name is not known."""
    return Attribute(TEXT_LOOKUPS, partial(_text_condition, texts.FULL_NAME, False))


def member(slug: str) -> Attribute:
    """A user by id, or as `id@organization`, the form in which `created_by` is shown."""
    plain, suffix = text("handle"), f"@{slug}"

    def condition(asked: Asked) -> Meets:
        if asked.lookup not in ("exact", "iexact", "in"):
            return plain.condition(asked)
        given = asked.choices() if asked.lookup == "in" else [asked.value]
        values = dict.fromkeys([*given, *(value.removesuffix(suffix) for value in given)])
        return Condition((texts.alike if _ignores_case(asked) else texts.equal)(F("handle"), *values))

    return Attribute(TEXT_LOOKUPS, condition, plain.order, is_text=True)


def _text_condition(column: Combinable, empty_is_null: bool, asked: Asked) -> Condition:
    if asked.lookup == "isnull":
        return _null_condition(column, empty_is_null, asked.claim())
    if asked.lookup in ("exact", "in"):
        return _equal(column, *(asked.choices() if asked.lookup == "in" else [asked.value]))
    if asked.lookup == "iexact":
        return Condition(texts.alike(column, asked.value), keeps_order=texts.is_folded(asked.value))
    if not asked.value:  # it is a part of every text
        return _EVERYTHING
    if asked.lookup in ("startswith", "istartswith"):
        return Condition((texts.begins_alike if _ignores_case(asked) else texts.begins)(column, asked.value))
    expression = IRegex if _ignores_case(asked) else Regex
    return Condition(Q(expression(column, _PATTERNS[asked.lookup.removeprefix("i")].format(re.escape(asked.value)))))


def _null_condition(column: Combinable, empty_is_null: bool, claim: bool) -> Condition:
    if not empty_is_null:
        return _NOTHING if claim else _EVERYTHING
    return _equal(column, "") if claim else Condition(Q(GreaterThan(texts.Folded(column), "")))


def _equal(column: Combinable, *values: str) -> Condition:
    return Condition(texts.equal(column, *values), keeps_order=len(values) == 1)


def choice(path: str, values: Sequence[str], *, nullable: bool = False) -> Attribute:
    """A text column that holds one of these values, or null: what is asked of the text is asked of the values."""

    def condition(asked: Asked) -> Condition:
        if asked.lookup == "isnull" and not nullable:
            return _NOTHING if asked.claim() else _EVERYTHING
        if asked.lookup == "isnull":
            return Condition(Q((f"{path}__isnull", asked.claim())))
        meant = [value for value in values if _fits(asked, value)]
        if len(meant) == 1:
            return Condition(Q((path, meant[0])), keeps_order=True)
        return Condition(Q((f"{path}__in", meant)))

    return Attribute(TEXT_LOOKUPS, condition, path)


def user(relation: str, organization_id: UUID, of: Attribute, *, nullable: bool = False) -> Attribute:
    """An attribute of a user of the row's; `nullable` says that the row may have none."""

    def condition(asked: Asked) -> Meets:
        if nullable and asked.lookup == "isnull":
            return Condition(Q((f"{relation}__isnull", asked.claim())))
        meets = of.condition(asked)
        if meets is _NOTHING or meets is _EVERYTHING or not isinstance(meets, Condition):
            return meets
        return OfUser(f"{relation}_id", users_of(organization_id, meets))

    return Attribute(of.lookups, condition, of.order and f"{relation}__{of.order}", of.is_text)


def part(model: type[Model], link: str, organization_id: UUID, *alternatives: Attribute) -> Attribute:
    """What any of several rows, which belong to an item by `link`, has for one of these attributes."""

    def condition(asked: Asked) -> Meets:
        meets = [meets for meets in (each.condition(asked) for each in alternatives) if meets is not _NOTHING]
        if not meets or any(each is _EVERYTHING for each in meets):
            return _EVERYTHING if meets else _NOTHING
        return OfPart(model, link, organization_id, meets)

    return Attribute(alternatives[0].lookups, condition)


def identifier(path: str) -> Attribute:
    """A uuid."""

    def condition(asked: Asked) -> Condition:
        return Condition(Q((f"{path}__in", asked.identifiers() if asked.lookup == "in" else [asked.identifier()])))

    return Attribute(("exact", "in"), condition, path, kind=Kind.IDENTIFIER)


def flag(path: str) -> Attribute:
    """A yes or no."""

    def condition(asked: Asked) -> Condition:
        if asked.lookup == "isnull":
            return _NOTHING if asked.claim() else _EVERYTHING
        # Compared, since SQLite takes no index for a column that stands alone.
        return Condition(Q(Exact(F(path), Value(asked.claim()))), keeps_order=True)

    return Attribute(("exact", "isnull"), condition, path, kind=Kind.FLAG)


def moment(path: str) -> Attribute:
    """The moment by which the list is ordered, whole or by its parts in UTC."""

    def condition(asked: Asked) -> Condition:
        if asked.lookup == "isnull":
            return _NOTHING if asked.claim() else _EVERYTHING
        if asked.lookup == "date":
            day = asked.date()
            span = (datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC))
            return Condition(Q((f"{path}__range", span)), keeps_order=True)
        if asked.lookup in PARTS:
            whole = asked.whole(*PARTS[asked.lookup])
            return Condition(Q((f"{path}__{asked.lookup}", whole)), keeps_order=asked.lookup == "year")
        if asked.lookup in ("in", "range"):
            return Condition(Q((f"{path}__{asked.lookup}", asked.moments())), keeps_order=asked.lookup == "range")
        return Condition(Q((f"{path}__{asked.lookup}", asked.moment())), keeps_order=True)

    return Attribute(MOMENT_LOOKUPS, condition, path, kind=Kind.MOMENT)


def _ignores_case(asked: Asked) -> bool:
    return asked.lookup in ("iexact", "icontains", "istartswith", "iendswith")


def _fits(asked: Asked, value: str) -> bool:
    """Whether a value meets what is asked of a text."""
    if asked.lookup == "in":
        return value in asked.choices()
    wanted = asked.value
    if _ignores_case(asked):
        value, wanted = value.lower(), wanted.lower()
    return _FITS[asked.lookup.removeprefix("i")](value, wanted)
