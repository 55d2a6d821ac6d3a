"""POST groups, PUT a group."""

from typing import Annotated

from msgspec import Meta

from sigillo.api.bodies.fields import IGNORED, Body, Ignored, Name, Text150

GroupName = Annotated[Name, Meta(min_length=1)]
Members = Annotated[list[Text150], Meta(max_length=10_000)]


class GroupBody(Body):
    """A new group; `members` are the ids of users."""

    name: GroupName
    members: Members | None = None

    created_by: Ignored = IGNORED


class GroupEditBody(Body):
    """Changes to a group; what is left out, or null, stays. A list of members replaces the whole."""

    name: GroupName | None = None
    members: Members | None = None

    created_by: Ignored = IGNORED
