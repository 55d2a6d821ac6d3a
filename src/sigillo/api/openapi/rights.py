"""A row of the permission table in words."""

from collections.abc import Sequence

from sigillo.credentials.permissions import Scope, Verb, scope_of
from sigillo.organizations.principal import CredentialKind, Role

_PEOPLE = {Role.OWNER: "owners", Role.RAO: "RAOs", Role.USER: "users", Role.AUTOMATIC: "automatic signers"}


def who_may(verb: Verb) -> str:
    """Who holds the right, and how far it reaches."""
    everything, own = _holders(verb, Scope.ALL), _holders(verb, Scope.OWN)
    if len(everything) == len(_PEOPLE):
        return "everybody of the organization."
    parts = [_joined(everything)] if everything else []
    if own:
        parts.append(f"{_joined(own)} for what is their own")
    return f"{'; '.join(parts) or 'nobody'}."


def _holders(verb: Verb, scope: Scope) -> list[str]:
    kind = CredentialKind.APPLICATION
    return [people for role, people in _PEOPLE.items() if scope_of(verb, frozenset({role}), kind) is scope]


def _joined(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
