"""The permission table against the contract's, cell by cell."""

import pytest

from sigillo.credentials.permissions import ALLOWED_TO_KIND, Scope, Verb, scope_of
from sigillo.organizations.principal import CredentialKind, Role, roles_of

ALL, OWN, NO = Scope.ALL, Scope.OWN, None
CONTRACT = {
    #                        owner RAO  user automatic
    Verb.READ_ORGANIZATION: (ALL, ALL, ALL, ALL),
    Verb.EDIT_ORGANIZATION: (ALL, NO, NO, NO),
    Verb.READ_USER: (ALL, ALL, OWN, OWN),
    Verb.CREATE_USER: (ALL, NO, NO, NO),
    Verb.EDIT_USER: (ALL, NO, OWN, NO),
    Verb.READ_GROUP: (ALL, ALL, ALL, ALL),
    Verb.EDIT_GROUP: (ALL, NO, NO, NO),
    Verb.READ_TOKEN: (ALL, OWN, OWN, OWN),
    Verb.CREATE_TOKEN: (ALL, OWN, OWN, OWN),
    Verb.EDIT_TOKEN: (ALL, OWN, OWN, OWN),
    Verb.READ_IDENTITY: (ALL, ALL, OWN, OWN),
    Verb.ASSOCIATE_IDENTITY: (ALL, ALL, OWN, NO),
    Verb.EDIT_IDENTITY: (ALL, ALL, OWN, NO),
    Verb.SEND_CODE: (ALL, ALL, OWN, NO),
    Verb.READ_ENROLLMENT: (ALL, ALL, OWN, OWN),
    Verb.SUBMIT_ENROLLMENT: (ALL, ALL, OWN, NO),
    Verb.ACTIVATE_ENROLLMENT: (ALL, ALL, OWN, NO),
    Verb.DECIDE_ENROLLMENT: (ALL, ALL, NO, NO),
    Verb.UNLOCK_IDENTITY: (ALL, ALL, NO, NO),
    Verb.READ_MESSAGE: (ALL, NO, NO, NO),
    Verb.READ_DELIVERY: (ALL, NO, NO, NO),
    Verb.REPLAY_DELIVERY: (ALL, NO, NO, NO),
    Verb.TRY_WEBHOOK: (ALL, NO, NO, NO),
    Verb.CREATE_TRANSACTION: (ALL, ALL, ALL, ALL),
    Verb.READ_TRANSACTION: (ALL, ALL, OWN, OWN),
    Verb.DOWNLOAD_DOCUMENT: (ALL, ALL, OWN, OWN),
    Verb.CANCEL_TRANSACTION: (ALL, OWN, OWN, OWN),
    Verb.DELETE_TRANSACTION: (ALL, OWN, OWN, OWN),
    Verb.PERFORM_SIGNATURE: (ALL, OWN, OWN, OWN),
    Verb.DECLINE_SIGNATURE: (ALL, OWN, OWN, OWN),
}


def test_every_verb_is_in_the_contract() -> None:
    assert set(CONTRACT) == set(Verb)


@pytest.mark.parametrize("verb", list(Verb))
def test_cells(verb: Verb) -> None:
    found = tuple(scope_of(verb, frozenset({role}), CredentialKind.APPLICATION) for role in Role)
    assert found == CONTRACT[verb]


def test_two_roles_give_the_wider_scope() -> None:
    both = roles_of(owner=True, rao=True, automatic=False)
    assert scope_of(Verb.PERFORM_SIGNATURE, both, CredentialKind.APPLICATION) is ALL


def test_a_kind_that_is_not_listed_may_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ALLOWED_TO_KIND, CredentialKind.APPLICATION)
    for verb in Verb:
        assert scope_of(verb, frozenset(Role), CredentialKind.APPLICATION) is None


@pytest.mark.parametrize(
    ("flags", "roles"),
    [
        ((False, False, False), {Role.USER}),
        ((False, False, True), {Role.AUTOMATIC}),
        ((True, False, True), {Role.OWNER}),
        ((False, True, False), {Role.RAO}),
    ],
)
def test_roles_of_flags(flags: tuple[bool, bool, bool], roles: set[Role]) -> None:
    owner, rao, automatic = flags
    assert roles_of(owner=owner, rao=rao, automatic=automatic) == roles
