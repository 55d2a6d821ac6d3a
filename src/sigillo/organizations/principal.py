"""Who is asking: what every credential, of whatever kind, resolves to."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class Role(Enum):
    """The columns of the contract's permission table, from the most to the least able."""

    OWNER = "owner"
    RAO = "rao"
    USER = "user"
    AUTOMATIC = "automatic"


class CredentialKind(Enum):
    """By what a principal showed who it is."""

    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Principal:
    """One enabled user of one organization, and the credential that spoke for it."""

    organization_id: UUID
    organization_slug: str
    user_id: UUID
    handle: str
    roles: frozenset[Role]
    kind: CredentialKind
    credential_id: UUID

    @property
    def name(self) -> str:
        """`handle@slug`, as `created_by` shows it."""
        return f"{self.handle}@{self.organization_slug}"


def roles_of(*, owner: bool, rao: bool, automatic: bool) -> frozenset[Role]:
    """The roles of a user's flags. An owner who is also RAO holds both; who holds neither is a plain user."""
    held = {role for role, flag in ((Role.OWNER, owner), (Role.RAO, rao)) if flag}
    return frozenset(held or {Role.AUTOMATIC if automatic else Role.USER})
