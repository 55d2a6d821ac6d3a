"""A sweep over a bucket loses nothing that a row comes to name, at whatever moment the same bytes are stored again."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sigillo.blobs.s3 import calls
from sigillo.blobs.states import LARGE
from tests.blobs.stands import S3Stand
from tests.support.s3_server import BUCKET, S3Server
from tests.support.wire import Direction, wire

HOUR = timedelta(hours=1)


@pytest.fixture
def stand(tmp_path: Path, s3_server: S3Server) -> S3Stand:
    return S3Stand(tmp_path, s3_server)


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + hours * HOUR


def naming(*digests: str) -> Callable[[Sequence[str]], set[str]]:
    return lambda batch: set(batch) & set(digests)


def test_what_is_set_aside_is_removed_by_the_next_sweep(stand: S3Stand) -> None:
    named, orphan = stand.blobs.put([b"named"]).digest, stand.blobs.put([b"orphan"]).digest
    assert stand.blobs.sweep(naming(named), now=in_hours(0.5), older_than=HOUR) == 0
    assert stand.blobs.sweep(naming(named), now=in_hours(1.5), older_than=HOUR) == 1
    assert [stand.blobs.exists(digest) for digest in (named, orphan)] == [True, False]
    assert f"aside/{orphan}" in stand.server.keys(stand.prefix)
    assert stand.blobs.sweep(naming(named), now=in_hours(0.5), older_than=HOUR) == 0
    assert f"aside/{orphan}" in stand.server.keys(stand.prefix)
    assert stand.blobs.sweep(naming(named), now=in_hours(3), older_than=HOUR) == 0
    assert stand.left() == {named}


def test_what_a_row_names_by_then_is_put_back(stand: S3Stand) -> None:
    """Its bytes were stored again, and named, in the instant between the look at its age and its removal."""
    digest = stand.blobs.put([b"stored again"]).digest

    def store_again(direction: Direction, piece: bytes) -> bytes:
        if direction == "up" and piece.startswith(b"DELETE"):
            stand.blobs.put([b"stored again"])
        return piece

    with wire(stand.server.endpoint, store_again) as address:
        assert stand.fresh(address).sweep(naming(), now=in_hours(1.5), older_than=HOUR) == 1
    assert not stand.blobs.exists(digest)
    assert stand.blobs.sweep(naming(digest), now=in_hours(1.5), older_than=HOUR) == 0
    assert stand.blobs.verify(digest)
    assert stand.left() == {digest}
    assert stand.server.keys(stand.prefix) == {stand.key(digest).removeprefix(stand.prefix)}


def test_what_was_stored_again_meanwhile_stays_as_it_is(stand: S3Stand) -> None:
    digest = stand.blobs.put([b"orphan"]).digest
    stand.blobs.sweep(naming(), now=in_hours(1.5), older_than=HOUR)
    stand.blobs.put([b"orphan"])
    assert stand.blobs.sweep(naming(digest), now=in_hours(1.5), older_than=HOUR) == 0
    assert stand.server.keys(stand.prefix) == {stand.key(digest).removeprefix(stand.prefix)}


def test_what_is_stored_again_is_young_again(stand: S3Stand) -> None:
    """Whether it was put, or came of appending: here as on the server, before the sweep asks or while it asks."""
    old, put, asked = ([name] for name in (b"old", b"put", b"asked"))
    digests = [stand.blobs.put(content).digest for content in (old, put, asked)]
    small, large = stand.blobs.put([b"base"]).digest, stand.blobs.put([bytes(LARGE)]).digest
    digests += [stand.blobs.append(base, b"increment").digest for base in (small, large)]
    limit = _next_second()
    stand.blobs.put(put)
    for base in (small, large):
        stand.blobs.append(base, b"increment")

    def referenced(batch: Sequence[str]) -> set[str]:
        assert set(batch) == {digests[0], digests[2], small, large}
        stand.blobs.put(asked)
        return {small, large}

    assert stand.blobs.sweep(referenced, now=limit + HOUR, older_than=HOUR) == 1
    assert [stand.blobs.exists(digest) for digest in digests] == [False, True, True, True, True]


def _next_second() -> datetime:
    """The beginning of the next second, once it is there: servers tell ages in whole seconds."""
    limit = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    while datetime.now(UTC) < limit:
        time.sleep(0.01)
    return limit


def test_what_others_keep_in_the_bucket_is_let_be(stand: S3Stand) -> None:
    digest = stand.blobs.put([b"orphan"]).digest
    others = {f"{digest}", f"other/{digest[:2]}/{digest[2:4]}/{digest}", "notes.txt", f"ab/cd/{digest}"}
    for key in others:
        stand.server.client.put_object(Bucket=BUCKET, Key=stand.prefix + key, Body=b"not ours")
    stand.server.client.create_multipart_upload(Bucket=BUCKET, Key=f"{stand.prefix}other/{digest}")
    asked: list[Sequence[str]] = []

    def referenced(batch: Sequence[str]) -> set[str]:
        asked.append(batch)
        return set()

    for hours in (2, 4):
        stand.blobs.sweep(referenced, now=in_hours(hours), older_than=HOUR)
    assert asked == [[digest], [digest]], "once for itself, and once for what was set aside"
    assert stand.server.keys(stand.prefix) == others
    assert stand.server.uploads(stand.prefix) == [f"other/{digest}"]


def test_a_sweep_reads_to_the_last_page(stand: S3Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    digests = [stand.blobs.put([b"%d" % number]).digest for number in range(5)]
    for digest in digests:
        stand.server.client.create_multipart_upload(Bucket=BUCKET, Key=stand.key(digest))
    assert stand.blobs.sweep(naming(), now=in_hours(2), older_than=HOUR) == 10
    assert stand.server.keys(stand.prefix) == {f"aside/{digest}" for digest in digests}
    assert stand.server.uploads(stand.prefix) == []


def test_copies_that_a_crash_left_here_go_once_they_are_old(stand: S3Stand) -> None:
    digest = stand.blobs.put([b"named"]).digest
    (stand.transit / f"{digest}-left").write_bytes(b"named")
    assert stand.blobs.sweep(naming(digest), now=in_hours(0), older_than=HOUR) == 0
    assert stand.blobs.sweep(naming(digest), now=in_hours(2), older_than=HOUR) == 1
    assert not any(stand.transit.iterdir())
