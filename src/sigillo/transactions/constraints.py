"""Constraints on the certificate that may sign: a closed list of attributes and comparisons. Pure."""

from collections.abc import Callable, Mapping

from sigillo.base.errors import Invalid

_PREFIX = "certificate__"
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda found, wanted: found == wanted,
    "iexact": lambda found, wanted: found.casefold() == wanted.casefold(),
    "contains": lambda found, wanted: wanted in found,
    "icontains": lambda found, wanted: wanted.casefold() in found.casefold(),
    "startswith": lambda found, wanted: found.startswith(wanted),
    "istartswith": lambda found, wanted: found.casefold().startswith(wanted.casefold()),
    "endswith": lambda found, wanted: found.endswith(wanted),
    "iendswith": lambda found, wanted: found.casefold().endswith(wanted.casefold()),
    "in": lambda found, wanted: found in wanted.split(","),
}
_SUBJECT = frozenset(
    {
        "commonName",
        "givenName",
        "surname",
        "serialNumber",
        "organizationName",
        "organizationalUnitName",
        "countryName",
        "localityName",
        "stateOrProvinceName",
        "emailAddress",
        *("CN", "GN", "SN", "O", "OU", "C", "L", "ST", "S", "E"),
    }
)


def _parse(name: str) -> tuple[str, str]:
    """Attribute of the subject and comparison of one constraint. Raises ValueError for anything else."""
    attribute, _, comparison = name.removeprefix(_PREFIX).partition("__")
    attribute = attribute.removeprefix("subject_")
    comparison = comparison or "exact"
    if not name.startswith(f"{_PREFIX}subject_") or attribute not in _SUBJECT or comparison not in _COMPARISONS:
        raise ValueError(name)
    return attribute, comparison


def parse_constraints(text: str) -> dict[str, str]:
    """The written form `certificate__subject_givenName__iexact=JOHN`, several parted by `&`.

    Raises:
        Invalid: a part has no equals sign.
    """
    parts = [part.partition("=") for part in text.split("&") if part.strip()]
    if not all(sign for _, sign, _ in parts):
        raise Invalid("invalid_constraints", "constraints must read name=value, several parted by &.")
    return {name.strip(): value.strip() for name, _, value in parts}


def check_constraints(path: str, constraints: Mapping[str, str]) -> None:
    """Refuse constraints that could never be compared. `path` names them in the message.

    Raises:
        Invalid: an attribute or a comparison is not in the list.
    """
    for name in constraints:
        try:
            _parse(name)
        except ValueError:
            raise Invalid(
                "unknown_constraint",
                f"{path}: {name!r} is not a constraint; write certificate__subject_<attribute>__<lookup>, "
                f"with a lookup of {', '.join(_COMPARISONS)}.",
            ) from None


def first_unmet(constraints: Mapping[str, str], subject: Mapping[str, str]) -> str | None:
    """The first constraint that this certificate's subject does not meet; None when it meets all."""
    for name, wanted in constraints.items():
        attribute, comparison = _parse(name)
        if not _COMPARISONS[comparison](subject.get(attribute, ""), wanted):
            return f"{name}={wanted}"
    return None
