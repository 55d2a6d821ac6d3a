"""The parameters of a request into conditions and an order; what is not known is refused by name."""

from collections.abc import Mapping

from sigillo.api.filters.asked import Asked
from sigillo.api.filters.attributes import Attribute
from sigillo.api.pagination import PARAMETERS
from sigillo.api.query import Query
from sigillo.base.errors import Invalid
from sigillo.organizations.conditions import Meets
from sigillo.organizations.listing import Term

PREFIX = "where_"
ORDER = f"{PREFIX}order"
MAX_VALUE = 1000


def read_filters(query: Query, attributes: Mapping[str, Attribute]) -> tuple[list[Meets], list[Term]]:
    """The conditions, all of which must hold, and the order that a query asks for.

    Raises:
        Invalid: a parameter, attribute or lookup is unknown, or a value malformed; the message names it.
    """
    conditions: list[Meets] = []
    order: list[Term] = []
    for name, value in query:
        if name in PARAMETERS:
            continue
        if len(value) > MAX_VALUE:
            raise Invalid("invalid_filter_value", f"{name[:100]} is longer than {MAX_VALUE} characters.")
        if name == ORDER:
            order = _order(value, attributes)
        else:
            attribute, asked = _find(name, value, attributes)
            conditions.append(attribute.condition(asked))
    return conditions, order


def _find(name: str, value: str, attributes: Mapping[str, Attribute]) -> tuple[Attribute, Asked]:
    if not name.startswith(PREFIX):
        said = f"{name[:100]!r} is no parameter of this list; use page, count, {ORDER} or where_ filters."
        raise Invalid("unknown_parameter", said)
    key, mark, lookup = name.removeprefix(PREFIX).partition("__")
    attribute = attributes.get(key)
    if attribute is None:
        said = f"{name[:100]!r} is no filter of this list; its attributes are {', '.join(attributes)}."
        raise Invalid("unknown_filter", said)
    if mark and lookup not in attribute.lookups:
        said = f"{name[:100]!r}: {key} has no such lookup; it has {', '.join(attribute.lookups)}."
        raise Invalid("unknown_lookup", said)
    return attribute, Asked(name, lookup or "exact", value)


def _order(value: str, attributes: Mapping[str, Attribute]) -> list[Term]:
    terms: list[Term] = []
    for item in value.split(","):
        attribute = attributes.get(item.removeprefix("-"))
        if attribute is None or attribute.order is None:
            possible = ", ".join(name for name, attribute in attributes.items() if attribute.order)
            raise Invalid("invalid_order", f"{ORDER}: {item[:60]!r} is none to order by; use {possible}.")
        terms.append(Term(attribute.order, descending=item.startswith("-"), folded=attribute.is_text))
    return terms
