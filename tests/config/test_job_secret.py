"""The key that signs jobs: the same in every process of an installation, whatever is added to its key file."""

from pathlib import Path

from sigillo.config.environment import read
from sigillo.config.job_secret import job_secret
from sigillo.secrets.sealing import Keyring


def test_it_is_one_for_an_installation_and_survives_a_rotation(tmp_path: Path) -> None:
    settings = read({"SIGILLO_HOME": str(tmp_path)})
    Keyring.create(tmp_path / "master.key")
    before = job_secret(settings)
    assert job_secret(settings) == before
    Keyring.rotate(tmp_path / "master.key")
    assert job_secret(settings) == before
    content = (tmp_path / "master.key").read_text()
    assert job_secret(read({"SIGILLO_HOME": "/nowhere", "SIGILLO_MASTER_KEY": content})) == before


def test_two_installations_have_two(tmp_path: Path) -> None:
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
        Keyring.create(home / "master.key")
    assert len({job_secret(read({"SIGILLO_HOME": str(home)})) for home in homes}) == 2


def test_without_keys_it_is_good_for_one_process(tmp_path: Path) -> None:
    settings = read({"SIGILLO_HOME": str(tmp_path)})
    assert job_secret(settings) != job_secret(settings)
