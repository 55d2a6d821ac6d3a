"""What a disk adds to the contract of all stores: the order of what is durable, permissions, ages, crashes."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sigillo.blobs import disk
from sigillo.blobs.disk import DiskBlobs
from sigillo.blobs.errors import BlobDamaged
from sigillo.blobs.states import LARGE
from tests.support.programs import needs

CHILD = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
ABSENT = hashlib.sha256(b"never stored").hexdigest()
HOUR = timedelta(hours=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "blobs"


@pytest.fixture
def blobs(root: Path) -> DiskBlobs:
    return DiskBlobs(root)


def files(root: Path) -> list[Path]:
    """Every file but the lock: blobs and temporaries."""
    return [path for path in root.rglob("*") if path.is_file() and path.name != "lock"]


def damage(path: Path, at: int = 0) -> None:
    """Flip one bit, as a disk or a memory does."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        octet = file.read(1)[0]
        file.seek(at)
        file.write(bytes([octet ^ 1]))


def age(path: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def test_a_blob_lies_where_its_digest_says(blobs: DiskBlobs, root: Path) -> None:
    stored = blobs.put([b"one ", b"", b"two"])
    assert files(root) == [root / stored.digest[:2] / stored.digest[2:4] / stored.digest]
    with blobs.local(stored.digest) as path:
        assert path == files(root)[0]


def test_nothing_is_made_before_the_first_blob(blobs: DiskBlobs, root: Path) -> None:
    assert not blobs.exists(ABSENT)
    assert blobs.sweep(lambda _: set(), now=datetime.now(UTC), older_than=HOUR) == 0
    assert not root.exists()


def test_only_the_owner_reaches_the_documents(blobs: DiskBlobs, root: Path) -> None:
    with blobs.local(blobs.put([b"contract"]).digest) as path:
        assert path.stat().st_mode & 0o777 == 0o400
        assert {directory.stat().st_mode & 0o077 for directory in (root, path.parent, path.parent.parent)} == {0}


def test_a_blob_that_is_there_is_not_rewritten(blobs: DiskBlobs) -> None:
    first = blobs.put([b"same"])
    with blobs.local(first.digest) as path:
        inode = path.stat().st_ino
        assert blobs.put([b"sa", b"me"]) == first
        assert path.stat().st_ino == inode


@pytest.mark.parametrize("size", [13, LARGE])
def test_who_reads_a_damaged_file_is_not_disturbed_by_whoever_heals_it(blobs: DiskBlobs, size: int) -> None:
    content = os.urandom(size)
    stored = blobs.put([content])
    for left in (size, size - 2):
        with blobs.local(stored.digest) as path:
            damage(path, size - 3)
            os.truncate(path, left)
        assert not blobs.verify(stored.digest)
        with blobs.open(stored.digest) as reader:
            assert blobs.put([content]) == stored
            assert reader.read() != content
        assert blobs.verify(stored.digest)
        assert path.stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize("size", [1, 1000, LARGE])
@pytest.mark.parametrize("fresh", [False, True], ids=["state remembered", "state forgotten"])
def test_a_flipped_bit_is_found_where_size_and_time_are_as_before(
    blobs: DiskBlobs, root: Path, size: int, fresh: bool
) -> None:
    base = blobs.put([os.urandom(size)])
    with blobs.local(base.digest) as path:
        status = path.stat()
        damage(path, size // 2)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    before = set(files(root))
    with pytest.raises(BlobDamaged, match=base.digest):
        (DiskBlobs(root) if fresh else blobs).append(base.digest, b"signature")
    assert set(files(root)) == before


def test_a_large_base_that_was_not_touched_is_not_hashed_again(
    blobs: DiskBlobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = blobs.put([bytes(LARGE)])
    with monkeypatch.context() as patched:
        patched.delattr(disk, "_hash")
        longer = blobs.append(base.digest, b"increment")
    assert longer.digest == hashlib.sha256(bytes(LARGE) + b"increment").hexdigest()


def test_the_sweep_takes_only_old_orphans_and_stale_temporaries(blobs: DiskBlobs, root: Path) -> None:
    kept, young, orphan = (blobs.put([name]).digest for name in (b"kept", b"young", b"orphan"))
    for digest in (kept, orphan):
        with blobs.local(digest) as path:
            age(path, 7200)
    for name, seconds in (("stale", 7200.0), ("running", 10.0)):
        (root / "tmp" / name).write_bytes(b"half")
        age(root / "tmp" / name, seconds)
    (root / "ab").mkdir(exist_ok=True)
    (root / "ab" / "README").write_text("not ours")
    age(root / "ab" / "README", 7200)

    assert blobs.sweep(lambda _: {kept}, now=datetime.now(UTC), older_than=HOUR) == 2
    assert [blobs.exists(digest) for digest in (kept, young, orphan)] == [True, True, False]
    assert [path.name for path in (root / "tmp").iterdir()] == ["running"]
    assert (root / "ab" / "README").exists()


def test_a_sweep_leaves_an_orphan_that_somebody_stores_again_meanwhile(blobs: DiskBlobs, root: Path) -> None:
    """The row that will name it is not committed yet; the second put has made the blob young again."""
    orphan = blobs.put([b"stored twice"]).digest
    with blobs.local(orphan) as path:
        age(path, 7200)

    def referenced(_: Sequence[str]) -> set[str]:
        DiskBlobs(root).put([b"stored twice"])
        return set()

    assert blobs.sweep(referenced, now=datetime.now(UTC), older_than=HOUR) == 0
    assert blobs.exists(orphan)


WRITER = """
import os, pathlib, sys
from sigillo.blobs.disk import DiskBlobs
blobs = DiskBlobs(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
while True:
    stored = blobs.put(os.urandom(65536) for _ in range(16))
    blobs.append(stored.digest, os.urandom(100_000))
"""


def test_a_killed_writer_leaves_no_half_file_under_a_final_name(blobs: DiskBlobs, root: Path) -> None:
    abandoned = 0
    for round_ in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], env=CHILD, stdout=subprocess.PIPE, text=True
        )
        with writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.013 * (round_ + 1))
            writer.kill()
        found = [path for path in files(root) if path.parent.name != "tmp"]
        assert all(path.name == hashlib.sha256(path.read_bytes()).hexdigest() for path in found)
        abandoned += len(list((root / "tmp").iterdir()))
    assert found, "no writer was given the time to finish a single blob"
    assert abandoned, "no writer was killed in the middle of its work"
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    blobs.sweep(set, now=tomorrow, older_than=HOUR)
    assert list((root / "tmp").iterdir()) == []


ONE_PUT = """
import pathlib, sys
from sigillo.blobs.disk import DiskBlobs
DiskBlobs(pathlib.Path(sys.argv[1])).put([b"durable"])
"""


@needs("strace")
def test_the_file_is_durable_before_it_has_its_name_and_the_name_before_put_returns(root: Path) -> None:
    digest = hashlib.sha256(b"durable").hexdigest()
    traced = subprocess.run(
        [
            "strace",
            "-y",
            "-e",
            "trace=write,fsync,rename,renameat,renameat2",
            sys.executable,
            "-c",
            ONE_PUT,
            str(root),
        ],
        env=CHILD,
        capture_output=True,
        text=True,
        check=False,
    )
    if traced.returncode and "ptrace" in traced.stderr.lower():
        pytest.skip("this machine does not allow tracing")
    calls = [line for line in traced.stderr.splitlines() if str(root.parent) in line]
    order = [
        next(number for number, line in enumerate(calls) if line.startswith(start) and part in line)
        for start, part in (
            ("write", '"durable"'),
            ("fsync", f"{root}/tmp/"),
            ("rename", f"{root}/{digest[:2]}/{digest[2:4]}/{digest}"),
            ("fsync", f"{root}/{digest[:2]}/{digest[2:4]}>"),
        )
    ]
    assert order == sorted(order)
    for parent in (root.parent, root, root / digest[:2]):
        assert any(line.startswith("fsync") and f"{parent}>" in line for line in calls), parent


def test_a_full_disk_leaves_nothing_and_the_store_recovers(tmp_path: Path, root: Path, blobs: DiskBlobs) -> None:
    """RLIMIT_FSIZE makes the kernel refuse the write as a full disk does, with an OSError."""
    script = (
        "import pathlib, resource, signal, sys\n"
        "from sigillo.blobs.disk import DiskBlobs\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    DiskBlobs(pathlib.Path(sys.argv[1])).put([bytes(1_000_000)])\n"
        "except OSError as error:\n"
        "    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(root)], env=CHILD, capture_output=True, text=True, check=True
    )
    assert done.stdout == "OSError\n"
    assert files(root) == []
    assert blobs.verify(blobs.put([bytes(1_000_000)]).digest)
    shutil.rmtree(tmp_path / "home")
