"""Rows of the permission table in words."""

import pytest

from sigillo.api.openapi.rights import who_may
from sigillo.credentials.permissions import Verb


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (Verb.READ_ORGANIZATION, "everybody of the organization."),
        (Verb.EDIT_ORGANIZATION, "owners."),
        (Verb.READ_USER, "owners and RAOs; users and automatic signers for what is their own."),
        (Verb.READ_TOKEN, "owners; RAOs, users and automatic signers for what is their own."),
        (Verb.EDIT_USER, "owners; users for what is their own."),
    ],
)
def test_words_are_those_of_the_table(verb: Verb, words: str) -> None:
    assert who_may(verb) == words
