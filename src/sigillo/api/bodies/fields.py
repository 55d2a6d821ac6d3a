"""The field types that bodies share. A length is that of the column behind it (a test compares them).

A `pattern` that is only told, in `extra_json_schema`, is what the flow checks in its own words: it is there for those
who read the schema, and refuses nothing by itself. It is written for the common dialects of regular expressions, so of
the characters that cannot be seen it knows only those of ASCII; a test holds it to the code.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct, field

NAME_PATTERN = r"^(?![@\s]|.*\s$|\.+$)[^/,\x00-\x1f\x7f]+$"
"""What stands in addresses and comma lists: no slash, no comma, no @ in front, no blanks around it, not only dots."""
PERSON_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"
EMAIL_PATTERN = r"^(?:[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+)?$"
WEB_PATTERN = r"^(?:[Hh][Tt][Tt][Pp][Ss]?://\S+)?$"

# What only an answer carries: its syntax is checked, its content never read.
Ignored = Annotated[Raw, Meta(description="Known from answers, and ignored.", extra_json_schema={"readOnly": True})]
# The same for every field; made anew for each body, since a schema can tell no default that is raw.
IGNORED: Raw = field(default_factory=lambda: Raw(b"null"))

Text40 = Annotated[str, Meta(max_length=40)]
Text150 = Annotated[str, Meta(max_length=150)]
Text200 = Annotated[str, Meta(max_length=200)]
Text220 = Annotated[str, Meta(max_length=220)]
Text300 = Annotated[str, Meta(max_length=300)]
Text500 = Annotated[str, Meta(max_length=500)]
Text1000 = Annotated[str, Meta(max_length=1000)]
Name = Annotated[
    str,
    Meta(
        max_length=150,
        description="Printable, without slash, comma or blanks around it, not only dots, no @ in front.",
        extra_json_schema={"minLength": 1, "pattern": NAME_PATTERN},
    ),
]
PersonName = Annotated[str, Meta(max_length=150, extra_json_schema={"pattern": PERSON_PATTERN})]
Email = Annotated[str, Meta(max_length=254, extra_json_schema={"pattern": EMAIL_PATTERN})]
Address = Annotated[
    str,
    Meta(
        max_length=2000,
        description="An absolute http or https address.",
        extra_json_schema={"pattern": WEB_PATTERN},
    ),
]
Markdown = Annotated[str, Meta(max_length=10_000, description="Markdown.")]
Scalar = str | int | float | bool | None
HeaderName = Annotated[str, Meta(max_length=200, extra_json_schema={"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"})]
HeaderValue = Annotated[str, Meta(max_length=8192, extra_json_schema={"pattern": r"^[\t\x20-\x7e\x80-\xff]*$"})]
Headers = Annotated[dict[HeaderName, HeaderValue], Meta(max_length=50)]


class Body(Struct, forbid_unknown_fields=True):
    """A body, or an object within one."""


def given(body: Struct, *names: str) -> dict[str, object]:
    """The named fields of a body that were given: null and absent are the same."""
    values = {name: getattr(body, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}
