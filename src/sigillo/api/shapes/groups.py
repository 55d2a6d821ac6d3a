"""A group of signers: an addition of ours, in the manner of the contract."""

from msgspec import Struct

from sigillo.organizations.models import Group


class GroupShape(Struct):
    """Users of whom any may sign for the group; `members` are their ids."""

    name: str
    members: list[str]
    created_by: str


def group_shape(group: Group) -> GroupShape:
    """A group whose members are at hand."""
    return GroupShape(
        name=group.name, members=sorted(member.handle for member in group.members.all()), created_by=group.created_by
    )
