"""What can be asked of an attribute, by its kind, and the condition that it becomes.

What matches a part of a text becomes an escaped, anchored expression: SQLite's LIKE ignores case in ASCII and
heeds it elsewhere, whatever Django's lookup is called, while the contract means the same on every database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, NullIf, Trim
from django.db.models.lookups import Exact, In, IRegex, Regex

from sigillo.api.filters.asked import Asked

TEXT_LOOKUPS = (
    *("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"),
    *("in", "isnull"),
)
MOMENT_LOOKUPS = ("exact", "gt", "gte", "lt", "lte", "range", "in", "isnull", "date", "year", "month", "day")
_PATTERNS = {"exact": r"\A{}\Z", "contains": "{}", "startswith": r"\A{}", "endswith": r"{}\Z"}
_PARTS = {"year": (1, 9999), "month": (1, 12), "day": (1, 31)}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a list.

    `many` says that an item may have several values of it, any of which may meet the condition; such an
    attribute has no `order`, the path by which items are put in a row.
    """

    lookups: tuple[str, ...]
    condition: Callable[[Asked], Q]
    order: str | None = None
    many: bool = False


def text(path: str, *, many: bool = False, empty_is_null: bool = False) -> Attribute:
    """A text column. With `empty_is_null`, an empty text is what answers show as null."""

    def condition(asked: Asked) -> Q:
        if asked.lookup == "isnull" and empty_is_null:
            return Q((path, "")) if asked.claim() else Q((f"{path}__gt", ""))
        if asked.lookup == "isnull":
            return Q((f"{path}__isnull", asked.claim()))
        if asked.lookup == "exact":
            return Q((path, asked.value))
        if asked.lookup == "in":
            return Q((f"{path}__in", asked.choices()))
        return Q((f"{path}__{'iregex' if _ignores_case(asked) else 'regex'}", _pattern(asked)))

    return Attribute(TEXT_LOOKUPS, condition, None if many else path, many)


def member(path: str, slug: str) -> Attribute:
    """A user by id, or as `id@organization`, the form in which `created_by` is shown."""
    plain, suffix = text(path), f"@{slug}"

    def condition(asked: Asked) -> Q:
        if asked.lookup not in ("exact", "iexact", "in"):
            return plain.condition(asked)
        short = ",".join(item.removesuffix(suffix) for item in asked.value.split(","))
        return plain.condition(asked) | plain.condition(Asked(asked.name, asked.lookup, short))

    return Attribute(TEXT_LOOKUPS, condition, plain.order)


def signer_name(display_name: str, signer: str) -> Attribute:
    """A signature's display name, or its signer's full name, which is the id of one whose name is not known."""
    shown = text(display_name, many=True)
    names = Trim(Concat(F(f"{signer}__first_name"), Value(" "), F(f"{signer}__last_name")))
    full: Combinable = Coalesce(NullIf(names, Value("")), F(f"{signer}__handle"))

    def condition(asked: Asked) -> Q:
        if asked.lookup == "isnull":
            return shown.condition(asked)
        if asked.lookup == "exact":
            return shown.condition(asked) | Q(Exact(full, asked.value))
        if asked.lookup == "in":
            return shown.condition(asked) | Q(In(full, asked.choices()))
        expression = IRegex if _ignores_case(asked) else Regex
        return shown.condition(asked) | Q(expression(full, _pattern(asked)))

    return Attribute(TEXT_LOOKUPS, condition, many=True)


def identifier(path: str) -> Attribute:
    """A uuid."""

    def condition(asked: Asked) -> Q:
        return Q((f"{path}__in", asked.identifiers() if asked.lookup == "in" else [asked.identifier()]))

    return Attribute(("exact", "in"), condition, path)


def flag(path: str) -> Attribute:
    """A yes or no."""

    def condition(asked: Asked) -> Q:
        return Q((path, asked.claim())) if asked.lookup == "exact" else Q() if not asked.claim() else Q(pk__in=[])

    return Attribute(("exact", "isnull"), condition, path)


def moment(path: str) -> Attribute:
    """A moment, whole or by its parts in UTC."""

    def condition(asked: Asked) -> Q:
        return Q((path if asked.lookup == "exact" else f"{path}__{asked.lookup}", _moment_value(asked)))

    return Attribute(MOMENT_LOOKUPS, condition, path)


def _moment_value(asked: Asked) -> object:
    if asked.lookup == "isnull":
        return asked.claim()
    if asked.lookup == "date":
        return asked.date()
    if asked.lookup in _PARTS:
        return asked.whole(*_PARTS[asked.lookup])
    return asked.moments() if asked.lookup in ("in", "range") else asked.moment()


def _ignores_case(asked: Asked) -> bool:
    return asked.lookup.startswith("i")


def _pattern(asked: Asked) -> str:
    """The value as a literal that the regular expressions of both databases read alike."""
    return _PATTERNS[asked.lookup.removeprefix("i")].format(re.escape(asked.value))
