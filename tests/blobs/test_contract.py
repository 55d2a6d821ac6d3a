"""What every store of blobs promises, whatever it is made of: on a disk, and in a bucket of a real server."""

import hashlib
import os
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from sigillo.blobs.errors import BlobDamaged, BlobMissing
from sigillo.blobs.states import LARGE
from tests.blobs.stands import DiskStand, S3Stand, Stand

ABSENT = hashlib.sha256(b"never stored").hexdigest()
HOUR = timedelta(hours=1)


@pytest.fixture(params=["disk", "s3"])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Stand:
    if request.param == "disk":
        return DiskStand(tmp_path)
    return S3Stand(tmp_path, request.getfixturevalue("s3_server"))


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


def flipped(content: bytes, at: int) -> bytes:
    """One bit is another, as a disk or a memory makes it."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_what_is_put_comes_back_under_its_digest(stand: Stand) -> None:
    stored = stand.blobs.put([b"one ", b"", b"two"])
    assert stored.digest == hashlib.sha256(b"one two").hexdigest()
    assert stored.size == stand.blobs.size(stored.digest) == 7
    with stand.fresh().open(stored.digest) as file, stand.fresh().local(stored.digest) as path:
        assert file.read() == path.read_bytes() == b"one two"
        assert os.fstat(file.fileno()).st_size == 7
    assert stand.blobs.exists(stored.digest)
    assert stand.blobs.verify(stored.digest)
    assert stand.left() == {stored.digest}


def test_the_empty_blob_is_a_blob(stand: Stand) -> None:
    stored = stand.blobs.put([])
    assert (stored.size, stand.blobs.size(stored.digest)) == (0, 0)
    with stand.blobs.open(stored.digest) as file:
        assert file.read() == b""
    assert stand.blobs.append(stored.digest, b"more").digest == hashlib.sha256(b"more").hexdigest()


def test_a_place_that_nobody_used_is_empty(stand: Stand) -> None:
    assert not stand.blobs.exists(ABSENT)
    assert stand.blobs.sweep(lambda _: set(), now=tomorrow(), older_than=HOUR) == 0
    assert stand.left() == set()


def test_a_damaged_blob_is_healed_by_whoever_stores_it_again(stand: Stand) -> None:
    """What a store lost or changed is not trusted for ever."""
    content = b"the contract says 100"
    stored = stand.blobs.put([content])
    for damage in (flipped(content, 4), content[:-2]):
        stand.replace(stored.digest, damage)
        assert not stand.blobs.verify(stored.digest)
        assert stand.blobs.put([content]) == stored
        assert stand.blobs.verify(stored.digest)


def test_a_damaged_result_is_healed_by_whoever_appends_it_again(stand: Stand) -> None:
    base = stand.blobs.put([b"the contract"])
    signed = stand.blobs.append(base.digest, b" and its signature")
    stand.replace(signed.digest, b"something else")
    assert stand.blobs.append(base.digest, b" and its signature") == signed
    assert stand.blobs.verify(signed.digest)


@pytest.mark.parametrize("fresh", [False, True], ids=["state remembered", "state forgotten"])
@pytest.mark.parametrize("size", [9, LARGE + 1])
def test_appending_makes_a_new_blob_and_keeps_the_base(stand: Stand, size: int, fresh: bool) -> None:
    content = os.urandom(size)
    base = stand.blobs.put([content])
    longer = (stand.fresh() if fresh else stand.blobs).append(base.digest, b"increment")
    assert longer.digest == hashlib.sha256(content + b"increment").hexdigest()
    assert longer.size == stand.blobs.size(longer.digest) == len(content) + 9
    assert stand.blobs.verify(base.digest)
    assert stand.blobs.verify(longer.digest)
    assert stand.left() == {base.digest, longer.digest}


def test_nothing_appended_is_the_same_blob(stand: Stand) -> None:
    for size in (9, LARGE):
        base = stand.blobs.put([bytes(size)])
        assert stand.blobs.append(base.digest, b"") == base
        assert stand.blobs.verify(base.digest)


def test_a_chain_of_increments_is_what_concatenation_gives(stand: Stand) -> None:
    content, stored = b"%PDF", stand.blobs.put([b"%PDF"])
    for number in range(20):
        content += b" revision %d" % number
        stored = stand.blobs.append(stored.digest, b" revision %d" % number)
    assert stored.digest == hashlib.sha256(content).hexdigest()
    with stand.blobs.open(stored.digest) as file:
        assert file.read() == content


@pytest.mark.parametrize("size", [1, LARGE])
@pytest.mark.parametrize("fresh", [False, True], ids=["state remembered", "state forgotten"])
def test_nothing_is_appended_to_a_base_with_a_flipped_bit(stand: Stand, size: int, fresh: bool) -> None:
    content = os.urandom(size)
    base = stand.blobs.put([content])
    stand.replace(base.digest, flipped(content, size // 2))
    with pytest.raises(BlobDamaged, match=base.digest):
        (stand.fresh() if fresh else stand.blobs).append(base.digest, b"signature")
    assert stand.left() == {base.digest}


def test_a_base_cut_short_is_noticed(stand: Stand) -> None:
    base = stand.blobs.put([b"the contract says 100"])
    stand.replace(base.digest, b"the contract")
    with pytest.raises(BlobDamaged):
        stand.blobs.append(base.digest, b"signature")


def test_a_missing_blob_is_named(stand: Stand) -> None:
    for attempt in (stand.blobs.open, stand.blobs.size, stand.blobs.delete, stand.blobs.verify):
        with pytest.raises(BlobMissing, match=ABSENT):
            attempt(ABSENT)
    with pytest.raises(BlobMissing), stand.blobs.local(ABSENT):
        pass
    with pytest.raises(BlobMissing):
        stand.blobs.append(ABSENT, b"increment")
    assert stand.left() == set()


def test_a_deleted_blob_is_gone(stand: Stand) -> None:
    stored = stand.blobs.put([b"short-lived"])
    stand.blobs.delete(stored.digest)
    assert not stand.fresh().exists(stored.digest)
    assert stand.left() == set()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", ABSENT.upper(), ABSENT + "\n", ABSENT[:-1], "/" + ABSENT[1:]])
def test_a_name_that_is_no_digest_never_becomes_a_path(stand: Stand, name: str) -> None:
    for attempt in (stand.blobs.open, stand.blobs.size, stand.blobs.exists, stand.blobs.delete, stand.blobs.verify):
        with pytest.raises(ValueError, match="no SHA-256 digest"):
            attempt(name)


def test_a_source_that_breaks_leaves_nothing(stand: Stand) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half of the "
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        stand.blobs.put(broken())
    assert stand.left() == set()


def test_large_blobs_pass_in_constant_memory(stand: Stand) -> None:
    piece, forgetful = os.urandom(1 << 20), stand.fresh()
    for blobs in (stand.blobs, forgetful):
        blobs.put([b"whatever is loaded once is loaded now"])
    tracemalloc.start()
    try:
        base = stand.blobs.put(piece for _ in range(16))
        longer = forgetful.append(base.digest, b"increment")
        forgetful.open(longer.digest).close()
        assert tracemalloc.get_traced_memory()[1] < stand.memory
    finally:
        tracemalloc.stop()


def test_the_sweep_asks_for_many_at_once(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand.batches, 4)
    digests = [stand.blobs.put([b"%d" % number]).digest for number in range(10)]
    asked: list[Sequence[str]] = []

    def referenced(batch: Sequence[str]) -> set[str]:
        asked.append(batch)
        return set(batch) & set(digests[:3])

    assert stand.blobs.sweep(referenced, now=datetime.now(UTC), older_than=HOUR) == 0
    assert stand.blobs.sweep(referenced, now=tomorrow(), older_than=HOUR) == 7
    assert [len(batch) for batch in asked] == [4, 4, 2]
    assert sorted(digest for batch in asked for digest in batch) == sorted(digests)
    assert [stand.blobs.exists(digest) for digest in digests] == [True] * 3 + [False] * 7


def test_many_store_the_same_at_once(stand: Stand) -> None:
    content, stored, another = os.urandom(LARGE), set(), stand.fresh()
    base = stand.blobs.put([content]).digest

    def store() -> None:
        stored.add(another.put([content]))
        stored.add(stand.blobs.append(base, b"increment"))

    threads = [Thread(target=store) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.digest for one in stored} == stand.left()
    assert len(stored) == 2
    assert all(stand.blobs.verify(one.digest) for one in stored)
