"""The part of an address after the question mark, read once and whatever charset the request claims."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from django.http import HttpRequest

from sigillo.base.errors import Invalid

Query = Sequence[tuple[str, str]]
MAX_PARAMETERS = 60


def read_query(request: HttpRequest) -> Query:
    """The parameters in their order, as UTF-8.

    Raises:
        Invalid: there are too many, one comes twice, or one holds a NUL character.
    """
    raw = str(request.META.get("QUERY_STRING", ""))
    try:
        text = raw.encode("latin-1", "replace").decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise Invalid("too_many_parameters", f"The address has more than {MAX_PARAMETERS} parameters.") from None
    seen: set[str] = set()
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise Invalid("nul_character", f"{name[:100]!r} holds a NUL character; take it out.")
        if name in seen:
            raise Invalid("repeated_parameter", f"{name[:100]!r} is given twice; give it once.")
        seen.add(name)
    return pairs
