"""The field types that bodies share. A length is that of the column behind it (a test compares them)."""

from typing import Annotated

from msgspec import Meta, Raw, Struct

# What only an answer carries: its syntax is checked, its content never read.
Ignored = Raw
IGNORED = Raw(b"null")

Text40 = Annotated[str, Meta(max_length=40)]
Text150 = Annotated[str, Meta(max_length=150)]
Text200 = Annotated[str, Meta(max_length=200)]
Text220 = Annotated[str, Meta(max_length=220)]
Text254 = Annotated[str, Meta(max_length=254)]
Text300 = Annotated[str, Meta(max_length=300)]
Text500 = Annotated[str, Meta(max_length=500)]
Text1000 = Annotated[str, Meta(max_length=1000)]
Address = Annotated[str, Meta(max_length=2000)]
Markdown = Annotated[str, Meta(max_length=10_000)]
Scalar = str | int | float | bool | None
Headers = Annotated[dict[Text200, Annotated[str, Meta(max_length=8192)]], Meta(max_length=50)]


class Body(Struct, forbid_unknown_fields=True):
    """A body, or an object within one."""


def given(body: Struct, *names: str) -> dict[str, object]:
    """The named fields of a body that were given: null and absent are the same."""
    values = {name: getattr(body, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
