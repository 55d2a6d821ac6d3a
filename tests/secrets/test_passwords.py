"""Password hashes and token values."""

import re
import time

import pytest
from argon2 import PasswordHasher

from sigillo.secrets.errors import PasswordHashCorrupt
from sigillo.secrets.passwords import hash_password, is_outdated, verify_password
from sigillo.secrets.tokens import mask, new_value


def test_only_the_right_password_is_accepted() -> None:
    hashed = hash_password("pässword 王")
    assert verify_password(hashed, "pässword 王")
    assert not verify_password(hashed, "pässword")
    assert not verify_password(hashed, "")


def test_the_hash_is_argon2id_with_a_fresh_salt() -> None:
    first, second = hash_password("secret"), hash_password("secret")
    assert first.startswith("$argon2id$v=19$m=24576,t=3,p=1$")
    assert first != second


@pytest.mark.parametrize(
    "damaged", ["", "secret", "$argon2id$v=19$m=24576,t=3,p=1$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$A"]
)
def test_a_damaged_hash_is_not_mistaken_for_a_wrong_password(damaged: str) -> None:
    with pytest.raises(PasswordHashCorrupt):
        verify_password(damaged, "secret")


def test_a_hash_of_other_parameters_still_counts_and_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("secret")
    assert verify_password(weak, "secret")
    assert is_outdated(weak)
    assert not is_outdated(hash_password("secret"))


def test_a_check_costs_an_attacker_more_than_it_costs_us() -> None:
    hashed = hash_password("secret")
    started = time.process_time()
    verify_password(hashed, "guess")
    assert 0.005 < time.process_time() - started < 1


def test_token_values_have_the_form_of_the_contract_and_never_repeat() -> None:
    values = {new_value() for _ in range(1000)}
    assert len(values) == 1000
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in values)


def test_a_mask_tells_nothing_of_its_secret() -> None:
    assert mask("x") == mask("a much longer secret") == "********"
    assert mask("") == ""
