"""One table: what a role may do, and whether to all rows of its organization or only to its own.

The rows and columns are those of the contract page; a verb that is not in the table is nobody's. A credential
kind widens nothing: it can only take verbs away (`ALLOWED_TO_KIND`).
"""

from enum import Enum

from sigillo.base.errors import Forbidden
from sigillo.organizations.principal import CredentialKind, Principal, Role


class Verb(Enum):
    """What a principal may want. The values are the words in messages."""

    READ_ORGANIZATION = "read the organization"
    EDIT_ORGANIZATION = "edit the organization"
    READ_USER = "read users"
    CREATE_USER = "create users"
    EDIT_USER = "edit users"
    READ_GROUP = "read groups"
    EDIT_GROUP = "create, edit and delete groups"
    READ_TOKEN = "read tokens"  # noqa: S105 - a verb, no secret
    CREATE_TOKEN = "create tokens"  # noqa: S105
    EDIT_TOKEN = "edit and delete tokens"  # noqa: S105
    READ_IDENTITY = "read identities"
    ASSOCIATE_IDENTITY = "associate identities"
    EDIT_IDENTITY = "edit and delete identities"
    SEND_CODE = "have one-time passwords sent"
    READ_ENROLLMENT = "read enrollment requests"
    SUBMIT_ENROLLMENT = "submit enrollment requests"
    ACTIVATE_ENROLLMENT = "activate enrollment requests"
    DECIDE_ENROLLMENT = "approve, refuse and delete enrollment requests"
    UNLOCK_IDENTITY = "unlock identities"
    READ_MESSAGE = "read messages"
    READ_DELIVERY = "read what was sent to webhooks"
    REPLAY_DELIVERY = "send to a webhook again"
    TRY_WEBHOOK = "try out webhooks"
    CREATE_TRANSACTION = "create transactions"
    READ_TRANSACTION = "read transactions"
    CANCEL_TRANSACTION = "cancel a transaction"
    DELETE_TRANSACTION = "delete a transaction"
    DOWNLOAD_DOCUMENT = "download documents"
    PERFORM_SIGNATURE = "perform signatures"
    DECLINE_SIGNATURE = "decline signatures"


class Scope(Enum):
    """How far a right reaches: all rows of the organization, or those that are the principal's own."""

    ALL = "all"
    OWN = "own"


def _row(
    owner: Scope | None = None, rao: Scope | None = None, user: Scope | None = None, automatic: Scope | None = None
) -> dict[Role, Scope]:
    scopes = {Role.OWNER: owner, Role.RAO: rao, Role.USER: user, Role.AUTOMATIC: automatic}
    return {role: scope for role, scope in scopes.items() if scope}


_ALL, _OWN = Scope.ALL, Scope.OWN
_TABLE: dict[Verb, dict[Role, Scope]] = {
    # the columns:                  owner, RAO, user, automatic
    Verb.READ_ORGANIZATION: _row(_ALL, _ALL, _ALL, _ALL),
    Verb.EDIT_ORGANIZATION: _row(_ALL),
    Verb.READ_USER: _row(_ALL, _ALL, _OWN, _OWN),
    Verb.CREATE_USER: _row(_ALL),
    Verb.EDIT_USER: _row(_ALL, None, _OWN),
    Verb.READ_GROUP: _row(_ALL, _ALL, _ALL, _ALL),
    Verb.EDIT_GROUP: _row(_ALL),
    Verb.READ_TOKEN: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.CREATE_TOKEN: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.EDIT_TOKEN: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.READ_IDENTITY: _row(_ALL, _ALL, _OWN, _OWN),
    Verb.ASSOCIATE_IDENTITY: _row(_ALL, _ALL, _OWN),
    Verb.EDIT_IDENTITY: _row(_ALL, _ALL, _OWN),
    Verb.SEND_CODE: _row(_ALL, _ALL, _OWN),
    Verb.READ_ENROLLMENT: _row(_ALL, _ALL, _OWN, _OWN),
    Verb.SUBMIT_ENROLLMENT: _row(_ALL, _ALL, _OWN),
    Verb.ACTIVATE_ENROLLMENT: _row(_ALL, _ALL, _OWN),
    Verb.DECIDE_ENROLLMENT: _row(_ALL, _ALL),
    Verb.UNLOCK_IDENTITY: _row(_ALL, _ALL),
    Verb.READ_MESSAGE: _row(_ALL),
    Verb.READ_DELIVERY: _row(_ALL),
    Verb.REPLAY_DELIVERY: _row(_ALL),
    Verb.TRY_WEBHOOK: _row(_ALL),
    Verb.CREATE_TRANSACTION: _row(_ALL, _ALL, _ALL, _ALL),
    Verb.READ_TRANSACTION: _row(_ALL, _ALL, _OWN, _OWN),
    Verb.CANCEL_TRANSACTION: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.DELETE_TRANSACTION: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.DOWNLOAD_DOCUMENT: _row(_ALL, _ALL, _OWN, _OWN),
    # ALL reaches the automatic signers of the organization with their password; a person's signature is the
    # person's own for every role (flows.perform).
    Verb.PERFORM_SIGNATURE: _row(_ALL, _OWN, _OWN, _OWN),
    Verb.DECLINE_SIGNATURE: _row(_ALL, _OWN, _OWN, _OWN),
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
