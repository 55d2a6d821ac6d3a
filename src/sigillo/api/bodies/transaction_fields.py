"""The field types of transactions, with what a schema tells of them: the refusals are the flow's, in its own words."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.values import MOMENT
from sigillo.documents.fetch_options import METHODS
from sigillo.flows.profiles import PROFILES

AtLeastOne = Meta(max_length=100, extra_json_schema={"minItems": 1})


def _filled(name: str) -> dict[str, object]:
    """The schema of an object in which a text is given and not empty."""
    return {"required": [name], "properties": {name: {"type": "string", "minLength": 1}}}


# What the conversions of the bodies ask for, told to those who read the schema.
BySomebody = Meta(extra_json_schema={"anyOf": [_filled("signer"), _filled("signer_group")]})
Placed = Meta(
    extra_json_schema={"allOf": [{"anyOf": [_filled("position"), {"properties": {"page": {"type": "null"}}}]}]}
)
Position = Annotated[
    str,
    Meta(
        max_length=200,
        description="Two corners in points from the lower left of the page as displayed; or in units of mm or in.",
        extra_json_schema={
            "pattern": r"^(?:\s*[Rr][Ee][Cc][Tt]\s*:(?:[^,]*,){3}[^,]*)?$",
            "examples": ["rect: 50mm, 100mm, 200mm, 150mm"],
        },
    ),
]
DocumentUri = Annotated[
    str,
    Meta(
        description="An http, https or data address of a PDF.",
        extra_json_schema={"pattern": "^(?:[Hh][Tt][Tt][Pp][Ss]?://|[Dd][Aa][Tt][Aa]:)"},
    ),
]
Deadline = Annotated[
    str,
    Meta(
        max_length=40,
        description="A moment in ISO 8601, still to come; without it, the organization's default counts.",
        extra_json_schema={"pattern": f"^(?:{MOMENT})?$"},
    ),
]
Profile = Annotated[str, Meta(max_length=20, extra_json_schema={"enum": list(PROFILES)})]
Method = Annotated[str, Meta(max_length=40, extra_json_schema={"enum": list(METHODS)})]
