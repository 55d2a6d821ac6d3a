"""One table: what a role may do, and whether to all rows of its organization or only to its own.

The rows and columns are those of the contract page; a verb that is not in the table is nobody's. A credential
kind widens nothing: it can only take verbs away (`ALLOWED_TO_KIND`).
"""

from enum import Enum

from sigillo.base.errors import Forbidden
from sigillo.organizations.principal import CredentialKind, Principal, Role


class Verb(Enum):
    """What a principal may want. The values are the words in messages."""

    CREATE_USER = "create users"
    CREATE_TOKEN = "create tokens"  # noqa: S105 - a verb, no secret
    ASSOCIATE_IDENTITY = "associate identities"
    CREATE_TRANSACTION = "create transactions"
    READ_TRANSACTION = "read transactions"
    DOWNLOAD_DOCUMENT = "download documents"
    PERFORM_SIGNATURE = "perform signatures"


class Scope(Enum):
    """How far a right reaches: all rows of the organization, or those that are the principal's own."""

    ALL = "all"
    OWN = "own"


_TABLE: dict[Verb, dict[Role, Scope]] = {
    Verb.CREATE_USER: {Role.OWNER: Scope.ALL},
    Verb.CREATE_TOKEN: {Role.OWNER: Scope.ALL, Role.RAO: Scope.OWN, Role.USER: Scope.OWN, Role.AUTOMATIC: Scope.OWN},
    Verb.ASSOCIATE_IDENTITY: {Role.OWNER: Scope.ALL, Role.RAO: Scope.ALL, Role.USER: Scope.OWN},
    Verb.CREATE_TRANSACTION: {
        Role.OWNER: Scope.ALL,
        Role.RAO: Scope.ALL,
        Role.USER: Scope.ALL,
        Role.AUTOMATIC: Scope.ALL,
    },
    Verb.READ_TRANSACTION: {
        Role.OWNER: Scope.ALL,
        Role.RAO: Scope.ALL,
        Role.USER: Scope.OWN,
        Role.AUTOMATIC: Scope.OWN,
    },
    Verb.DOWNLOAD_DOCUMENT: {
        Role.OWNER: Scope.ALL,
        Role.RAO: Scope.ALL,
        Role.USER: Scope.OWN,
        Role.AUTOMATIC: Scope.OWN,
    },
    # ALL reaches the automatic signers of the organization with their password; a person's signature is the
    # person's own for every role (flows.perform).
    Verb.PERFORM_SIGNATURE: {
        Role.OWNER: Scope.ALL,
        Role.RAO: Scope.OWN,
        Role.USER: Scope.OWN,
        Role.AUTOMATIC: Scope.OWN,
    },
}

ALLOWED_TO_KIND: dict[CredentialKind, frozenset[Verb]] = {
    CredentialKind.APPLICATION: frozenset(Verb),
}


def scope_of(verb: Verb, roles: frozenset[Role], kind: CredentialKind) -> Scope | None:
    """The widest scope that the roles give for the verb; None where they, or the kind, do not give it."""
    if verb not in ALLOWED_TO_KIND.get(kind, frozenset()):
        return None
    scopes = {scope for role, scope in _TABLE.get(verb, {}).items() if role in roles}
    return Scope.ALL if Scope.ALL in scopes else Scope.OWN if scopes else None


def check_permission(principal: Principal, verb: Verb) -> Scope:
    """How far the principal's right to `verb` reaches.

    Raises:
        Forbidden: it has none.
    """
    scope = scope_of(verb, principal.roles, principal.kind)
    if scope is None:
        raise Forbidden("not_permitted", f"This credential may not {verb.value}; ask an owner of the organization.")
    return scope
