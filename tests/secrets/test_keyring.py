"""The file of master keys: made once, never overwritten, closed to other accounts."""

import base64
import re
from pathlib import Path

import pytest

from sigillo.secrets.errors import KeyringUnusable
from sigillo.secrets.keyring import weak_permissions
from sigillo.secrets.sealing import Context, Keyring

HERE = Context("api-demo", "tokens", "1", "value")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.keys"


def test_a_new_file_is_closed_to_others_and_holds_one_key(path: Path) -> None:
    sealed = Keyring.create(path).seal(b"secret", HERE)
    assert path.stat().st_mode & 0o777 == 0o600
    line = re.fullmatch(r"([0-9a-f]{8}):(\S+)\n", path.read_text())
    assert line is not None
    assert len(base64.b64decode(line[2])) == 32
    assert Keyring.load(path).open(sealed, HERE) == b"secret"


def test_two_installations_never_share_a_key(tmp_path: Path) -> None:
    Keyring.create(tmp_path / "a")
    Keyring.create(tmp_path / "b")
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    Keyring.create(path)
    before = path.read_bytes()
    with pytest.raises(KeyringUnusable, match="never overwritten"):
        Keyring.create(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o601])
def test_a_file_open_to_others_is_refused_with_its_remedy(path: Path, mode: int) -> None:
    Keyring.create(path)
    assert weak_permissions(path) is None
    path.chmod(mode)
    with pytest.raises(KeyringUnusable, match=f"chmod 600 {re.escape(str(path))}"):
        Keyring.load(path)
    assert f"{mode:04o}" in (weak_permissions(path) or "")


def test_a_missing_file_says_what_to_do(path: Path) -> None:
    with pytest.raises(KeyringUnusable, match=r"sigillo init"):
        Keyring.load(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("nonsense", "Line 1"),
        (f"k:{base64.b64encode(bytes(31)).decode()}", "Line 1"),
        (f"a|b:{base64.b64encode(bytes(32)).decode()}", "Line 1"),
        (f"k:{base64.b64encode(bytes(32)).decode()}\nk:{base64.b64encode(bytes(32)).decode()}", "repeats"),
        (f"k:{base64.b64encode(bytes(32)).decode()}\nl:***", "Line 2"),
    ],
)
def test_a_malformed_file_is_named_by_line_and_never_quoted(text: str, sentence: str) -> None:
    with pytest.raises(KeyringUnusable, match=sentence) as caught:
        Keyring.parse(text)
    assert base64.b64encode(bytes(31)).decode()[:20] not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    path.chmod(0o600)
    with pytest.raises(KeyringUnusable, match="cannot be read"):
        Keyring.load(path)


def test_rotation_adds_the_active_key_last_and_leaves_no_other_file(path: Path) -> None:
    before = Keyring.create(path)
    sealed = before.seal(b"secret", HERE)
    after = Keyring.rotate(path)
    assert after.kids == (after.active, before.active)
    assert Keyring.load(path).kids == after.kids
    assert after.open(sealed, HERE) == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_rotation_that_died_half_way_does_not_stop_the_next(path: Path) -> None:
    Keyring.create(path)
    path.with_name(f".{path.name}.new").write_text("half a li")
    assert len(Keyring.rotate(path).kids) == 2
