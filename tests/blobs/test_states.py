"""Hash states: appending costs only the increment, and the memory for it is bounded."""

import hashlib
import threading
from pathlib import Path

from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.states import HashStates


def test_a_state_goes_on_from_where_it_stood_and_stays_what_it_was() -> None:
    states, base = HashStates(), hashlib.sha256(b"base")
    states.keep(base, 4)
    for _ in range(2):
        resumed = states.resume(base.hexdigest(), 4)
        assert resumed is not None
        resumed.update(b"more")
        assert resumed.hexdigest() == hashlib.sha256(b"basemore").hexdigest()


def test_a_state_counts_only_for_a_file_of_its_size() -> None:
    states, base = HashStates(), hashlib.sha256(b"base")
    states.keep(base, 4)
    assert states.resume(base.hexdigest(), 3) is None


def test_the_least_recently_used_is_forgotten_first() -> None:
    states = HashStates(capacity=2)
    first, second, third = (hashlib.sha256(text) for text in (b"1", b"2", b"3"))
    states.keep(first, 1)
    states.keep(second, 1)
    states.resume(first.hexdigest(), 1)
    states.keep(third, 1)
    known = [states.resume(state.hexdigest(), 1) is not None for state in (first, second, third)]
    assert known == [True, False, True]


def test_threads_share_a_store(tmp_path: Path) -> None:
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
