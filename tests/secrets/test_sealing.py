"""A sealed value opens in its own place, under its own key, unchanged; and nowhere else."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigillo.secrets.errors import SealBroken
from sigillo.secrets.keyring import MasterKey
from sigillo.secrets.sealing import Context, Keyring

HERE = Context(tenant="api-demo", table="identities", row="42", field="private_key")
OLD, NEW = MasterKey("old", bytes(range(32))), MasterKey("new", bytes(range(32, 64)))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring((OLD, NEW))


def test_a_value_comes_back_from_its_own_place(keyring: Keyring) -> None:
    assert keyring.open(keyring.seal(b"\x00secret\xff", HERE), HERE) == b"\x00secret\xff"


def test_the_form_is_version_kid_nonce_ciphertext(keyring: Keyring) -> None:
    version, kid, nonce, ciphertext = keyring.seal(b"secret", HERE).split("|")
    assert (version, kid) == ("v1", "new")
    assert len(base64.urlsafe_b64decode(nonce + "==")) == 12
    assert b"secret" not in base64.urlsafe_b64decode(ciphertext + "==")


def test_sealing_twice_never_gives_the_same_text(keyring: Keyring) -> None:
    assert keyring.seal(b"secret", HERE) != keyring.seal(b"secret", HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(HERE, tenant="other"),
        replace(HERE, table="tokens"),
        replace(HERE, row="43"),
        replace(HERE, field="password"),
        # The same letters in the same order, cut in another place.
        Context(tenant="api-demoi", table="dentities", row="42", field="private_key"),
        Context(tenant="api-demo", table="identities4", row="2", field="private_key"),
    ],
    ids=str,
)
def test_a_value_moved_to_another_place_does_not_open(keyring: Keyring, elsewhere: Context) -> None:
    with pytest.raises(SealBroken, match="does not open"):
        keyring.open(keyring.seal(b"secret", HERE), elsewhere)


def test_every_change_of_a_single_character_is_noticed(keyring: Keyring) -> None:
    sealed = keyring.seal(b"a private key", HERE)
    for position, character in enumerate(sealed):
        changed = sealed[:position] + ("A" if character != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(SealBroken):
            keyring.open(changed, HERE)


@pytest.mark.parametrize(
    "text", ["", "v1", "v1|new||", "v2|new|AAAAAAAAAAAAAAAA|AAAA", "v1|new|AA AA|====", "a|b|c|d|e"]
)
def test_what_is_no_sealed_value_is_refused(keyring: Keyring, text: str) -> None:
    with pytest.raises(SealBroken):
        keyring.open(text, HERE)


def test_a_second_spelling_of_the_same_octets_is_refused(keyring: Keyring) -> None:
    """Base64 leaves unused bits in a last character; only their zero form is ours."""
    sealed = keyring.seal(b"x", HERE)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = sealed[:-1] + alphabet[alphabet.index(sealed[-1]) ^ 1]
    with pytest.raises(SealBroken, match="damaged"):
        keyring.open(twin, HERE)


def test_a_master_key_that_is_gone_is_named(keyring: Keyring) -> None:
    with pytest.raises(SealBroken, match="'new'"):
        Keyring((OLD,)).open(keyring.seal(b"secret", HERE), HERE)


def test_another_master_key_under_the_same_name_opens_nothing(keyring: Keyring) -> None:
    impostor = Keyring((MasterKey("new", bytes(32)),))
    with pytest.raises(SealBroken):
        impostor.open(keyring.seal(b"secret", HERE), HERE)


def test_rotation_opens_the_old_and_seals_with_the_new(keyring: Keyring) -> None:
    old = Keyring((OLD,)).seal(b"secret", HERE)
    assert keyring.open(old, HERE) == b"secret"
    renewed = keyring.reseal(old, HERE)
    assert Keyring((NEW,)).open(renewed, HERE) == b"secret"
    assert keyring.reseal(renewed, HERE) == renewed


def test_resealing_is_no_way_to_another_place(keyring: Keyring) -> None:
    old = Keyring((OLD,)).seal(b"secret", HERE)
    with pytest.raises(SealBroken):
        keyring.reseal(old, replace(HERE, row="43"))


def test_lookups_are_keyed_separate_by_purpose_and_newest_first(keyring: Keyring) -> None:
    first = keyring.lookup("token", "0a3d15e82b144e75a70991b7b655741d")
    assert len(first) == 32
    assert first == keyring.lookup("token", b"0a3d15e82b144e75a70991b7b655741d")
    assert first != keyring.lookup("wallet", "0a3d15e82b144e75a70991b7b655741d")
    before = Keyring((OLD,)).lookup("token", "0a3d15e82b144e75a70991b7b655741d")
    assert keyring.lookups("token", "0a3d15e82b144e75a70991b7b655741d") == (first, before)


def test_purpose_and_value_are_told_apart(keyring: Keyring) -> None:
    assert keyring.lookup("token", "ab") != keyring.lookup("tokena", "b")


def test_no_key_shows_in_a_representation(keyring: Keyring) -> None:
    shown = repr((keyring, OLD, NEW, keyring.__class__.parse(NEW.line())))
    assert OLD.line().split(":")[1].strip() not in shown
    assert repr(OLD.octets) not in shown


@given(st.binary(max_size=200), st.text(), st.text(), st.text(), st.text())
def test_any_octets_in_any_place(plaintext: bytes, tenant: str, table: str, row: str, field: str) -> None:
    keyring, place = Keyring((OLD,)), Context(tenant, table, row, field)
    assert keyring.open(keyring.seal(plaintext, place), place) == plaintext
