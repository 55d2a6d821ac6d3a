"""What a bucket adds to the contract of all stores: what travels, what the server checks, what it may refuse."""

import hashlib
import os
from base64 import b64decode
from pathlib import Path

import pytest

from sigillo.blobs.errors import BlobDamaged, BlobStoreFailed
from sigillo.blobs.s3 import calls, store
from sigillo.blobs.s3.location import S3Keys, parse_s3
from sigillo.blobs.s3.store import S3Blobs
from sigillo.blobs.states import LARGE
from tests.blobs.stands import S3Stand
from tests.support.s3_server import BUCKET, KEYS, READER, S3Server
from tests.support.wire import Direction, wire

PARTS = LARGE + 5
"""Octets of a blob that goes up in parts."""


@pytest.fixture
def stand(tmp_path: Path, s3_server: S3Server) -> S3Stand:
    return S3Stand(tmp_path, s3_server)


def test_a_blob_lies_where_a_disk_has_it(stand: S3Stand) -> None:
    """So that an operator can copy a folder into a bucket, or back."""
    digest = stand.blobs.put([b"one two"]).digest
    assert stand.server.keys(stand.prefix) == {f"{digest[:2]}/{digest[2:4]}/{digest}"}


def test_a_copy_is_closed_to_others_and_gone_when_it_was_read(stand: S3Stand) -> None:
    digest = stand.blobs.put([b"contract"]).digest
    assert stand.transit.stat().st_mode & 0o777 == 0o700
    with stand.blobs.local(digest) as path, stand.blobs.open(digest):
        assert [digest in found.name for found in stand.transit.iterdir()] == [True]
        assert path.stat().st_mode & 0o777 == 0o600
    assert not any(stand.transit.iterdir())


def test_a_damaged_blob_is_not_given_to_anybody(stand: S3Stand) -> None:
    digest = stand.blobs.put([b"the contract says 100"]).digest
    stand.replace(digest, b"the contract says 999")
    with pytest.raises(BlobDamaged, match=digest):
        stand.blobs.open(digest)
    with pytest.raises(BlobDamaged, match=digest), stand.blobs.local(digest):
        pass
    assert not any(stand.transit.iterdir())


def test_the_server_has_the_digest_and_compares_it(stand: S3Stand) -> None:
    small, large = stand.blobs.put([b"contract"]).digest, stand.blobs.put([bytes(PARTS)]).digest
    kept = stand.server.client.head_object(Bucket=BUCKET, Key=stand.key(small), ChecksumMode="ENABLED")
    assert b64decode(kept["ChecksumSHA256"]).hex() == small
    assert stand.server.client.head_object(Bucket=BUCKET, Key=stand.key(large))["ETag"].endswith('-2"')


@pytest.mark.parametrize("size", [100, PARTS])
def test_what_changes_on_its_way_up_is_refused(stand: S3Stand, size: int) -> None:
    content = b"the contract says 100" + bytes(size)

    def forge(direction: Direction, piece: bytes) -> bytes:
        return piece.replace(b"contract says 100", b"contract says 999") if direction == "up" else piece

    with wire(stand.server.endpoint, forge) as address, pytest.raises(BlobStoreFailed):
        stand.fresh(address).put([content])
    assert stand.left() == set()


def test_what_the_server_puts_together_wrongly_does_not_keep_its_name(stand: S3Stand) -> None:
    def lose_a_part(direction: Direction, piece: bytes) -> bytes:
        if direction == "up" and b"<PartNumber>2</PartNumber>" in piece:
            head, _, tail = piece.rpartition(b"<Part>")
            return head + b"<!--  " + tail.replace(b"</Part>", b"    -->")
        return piece

    with wire(stand.server.endpoint, lose_a_part) as address, pytest.raises(BlobStoreFailed, match="wrongly"):
        stand.fresh(address).put([bytes(PARTS)])
    assert stand.left() == set()


class _Traffic:
    """How many octets passed."""

    def __init__(self) -> None:
        self.up = self.down = 0

    def __call__(self, direction: Direction, piece: bytes) -> bytes:
        setattr(self, direction, getattr(self, direction) + len(piece))
        return piece


def test_a_large_base_is_copied_on_the_server(stand: S3Stand) -> None:
    """It is read only by a process that did not write or read it before, and sent again by none."""
    content, traffic = os.urandom(PARTS), _Traffic()
    base = stand.blobs.put([content]).digest
    with wire(stand.server.endpoint, traffic) as address:
        blobs = stand.fresh(address)
        first = blobs.append(base, b"first")
        assert LARGE < traffic.down < LARGE + 100_000
        second = blobs.append(first.digest, b"second")
        blobs.append(base, b"third")
    assert traffic.up < 100_000
    assert traffic.down < LARGE + 100_000
    assert second.digest == hashlib.sha256(content + b"firstsecond").hexdigest()
    assert stand.blobs.verify(second.digest)


def test_a_huge_base_is_copied_in_parts(stand: S3Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "COPIED", 6 << 20)
    content = os.urandom(11 << 20)
    longer = stand.blobs.append(stand.blobs.put([content]).digest, b"increment")
    found = stand.server.client.head_object(Bucket=BUCKET, Key=stand.key(longer.digest))
    assert found["ETag"].endswith('-3"')
    assert stand.blobs.verify(longer.digest)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_base_that_changes_before_it_is_copied_is_looked_at_again(stand: S3Stand, damaged: bool) -> None:
    """The server refuses to copy another version than the one that was hashed."""
    content = os.urandom(PARTS)
    base = stand.blobs.put([content]).digest
    changed: list[bytes] = []

    def replace(direction: Direction, piece: bytes) -> bytes:
        if direction == "up" and piece.startswith(b"POST") and b"?uploads" in piece and not changed:
            changed.append(piece)
            stand.replace(base, content[:-1] + bytes([content[-1] ^ damaged]))  # whole, so its tag is another
        return piece

    with wire(stand.server.endpoint, replace) as address:
        blobs = stand.fresh(address)
        if damaged:
            with pytest.raises(BlobDamaged):
                blobs.append(base, b"increment")
        else:
            assert stand.blobs.verify(blobs.append(base, b"increment").digest)
    assert changed
    assert not stand.server.uploads(stand.prefix)


def test_the_server_encrypts_what_it_is_asked_to(tmp_path: Path, s3_server: S3Server) -> None:
    stand = S3Stand(tmp_path, s3_server, "&sse=AES256")
    small, large = stand.blobs.put([b"contract"]), stand.blobs.put([bytes(PARTS)])
    stored = [small, large, stand.blobs.append(small.digest, b"1"), stand.blobs.append(large.digest, b"1")]
    for one in stored:
        assert (
            s3_server.client.head_object(Bucket=BUCKET, Key=stand.key(one.digest))["ServerSideEncryption"] == "AES256"
        )
        assert stand.blobs.verify(one.digest)


def _blobs(server: S3Server, folder: Path, keys: S3Keys = KEYS, location: str = "") -> S3Blobs:
    return S3Blobs(parse_s3(location or server.location("refusals")), keys, folder / "transit")


def test_what_the_server_refuses_is_named_with_its_remedy(tmp_path: Path, s3_server: S3Server) -> None:
    digest = _blobs(s3_server, tmp_path).put([b"public"]).digest
    reader = _blobs(s3_server, tmp_path, READER)
    assert reader.verify(digest)
    elsewhere = f"s3://no-such-bucket?endpoint={s3_server.endpoint}"
    wrong_secret = S3Keys(KEYS.access_key, "s3cret-that-is-wrong")
    for blobs, words in (
        (reader, ("PutObject", "AccessDenied", "SIGILLO_S3_ACCESS_KEY")),
        (_blobs(s3_server, tmp_path, S3Keys("nobody", "s3cret")), ("InvalidAccessKeyId",)),
        (_blobs(s3_server, tmp_path, wrong_secret), ("SignatureDoesNotMatch", "SIGILLO_S3_SECRET_KEY")),
        (_blobs(s3_server, tmp_path, location=elsewhere), ("no-such-bucket", "make it")),
    ):
        with pytest.raises(BlobStoreFailed) as caught:
            blobs.put([b"refused"])
        said = str(caught.value)
        assert all(word in said for word in (s3_server.endpoint.removeprefix("http://"), *words)), said
        assert "s3cret" not in said
        assert said.endswith(".")
    assert not _blobs(s3_server, tmp_path).exists(hashlib.sha256(b"refused").hexdigest())


def test_without_keys_it_says_which_to_set(
    tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls._session.cache_clear()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    blobs = S3Blobs(parse_s3(s3_server.location("refusals")), None, tmp_path / "transit")
    with pytest.raises(BlobStoreFailed, match="set SIGILLO_S3_ACCESS_KEY and SIGILLO_S3_SECRET_KEY"):
        blobs.put([b"refused"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_key)
    blobs = S3Blobs(parse_s3(s3_server.location("refusals")), None, tmp_path / "transit")
    assert blobs.verify(blobs.put([b"by the keys of the machine"]).digest)
    calls._session.cache_clear()
