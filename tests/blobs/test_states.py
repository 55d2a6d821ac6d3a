"""Hash states: appending costs only the increment, and the memory for it is bounded."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from sigillo.blobs import states as states_module
from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.states import LARGE, Fingerprint, HashStates

FILE = Fingerprint(device=1, inode=2, size=LARGE, modified=3, changed=4)


def test_a_state_goes_on_from_where_it_stood_and_stays_what_it_was() -> None:
    states, base = HashStates(), hashlib.sha256(b"base")
    states.keep(base, FILE)
    for _ in range(2):
        resumed = states.resume(base.hexdigest(), FILE)
        assert resumed is not None
        resumed.update(b"more")
        assert resumed.hexdigest() == hashlib.sha256(b"basemore").hexdigest()


@pytest.mark.parametrize("field", Fingerprint._fields)
def test_a_state_counts_only_for_the_very_file_it_is_of(field: str) -> None:
    states, base = HashStates(), hashlib.sha256(b"base")
    states.keep(base, FILE)
    assert states.resume(base.hexdigest(), FILE._replace(**{field: 7})) is None


def test_no_state_is_kept_of_a_small_file() -> None:
    states, base = HashStates(), hashlib.sha256(b"base")
    small = FILE._replace(size=LARGE - 1)
    states.keep(base, small)
    assert states.resume(base.hexdigest(), small) is None


def test_a_file_that_is_written_to_is_another_even_where_its_time_is_set_back(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"100")
    with path.open("r+b") as file:
        before, status = Fingerprint.of(file.fileno()), path.stat()
        assert Fingerprint.of(file.fileno()) == before
        file.write(b"999")
        file.flush()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        after = Fingerprint.of(file.fileno())
    assert after._replace(changed=0) == before._replace(changed=0)
    assert after != before


def test_the_least_recently_used_is_forgotten_first() -> None:
    states = HashStates(capacity=2)
    first, second, third = (hashlib.sha256(text) for text in (b"1", b"2", b"3"))
    states.keep(first, FILE)
    states.keep(second, FILE)
    states.resume(first.hexdigest(), FILE)
    states.keep(third, FILE)
    known = [states.resume(state.hexdigest(), FILE) is not None for state in (first, second, third)]
    assert known == [True, False, True]


def test_threads_share_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "LARGE", 0)
    blobs, base = DiskBlobs(tmp_path), DiskBlobs(tmp_path).put([b"base"])
    stored: list[tuple[bytes, str]] = []

    def write(number: int) -> None:
        for step in range(10):
            increment = b"%d/%d" % (number % 4, step)
            stored.append((increment, blobs.append(base.digest, increment).digest))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored) == 80
    assert all(digest == hashlib.sha256(b"base" + increment).hexdigest() for increment, digest in stored)
    assert all(blobs.verify(digest) for _, digest in stored)
