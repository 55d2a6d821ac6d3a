"""What no row names leaves a bucket in two steps, because S3 cannot look at an age and remove as one.

    set aside   copy to `aside/`, then remove: between the look and the removal somebody may store the same bytes
                again and name them in a row
    an hour on  a row that names them is there by now: they are put back; nobody names them: they are removed

So nothing that a row names is lost, and what was stored in that instant is missing until the next sweep at most.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from datetime import datetime
from itertools import islice

from sigillo.blobs.s3.calls import Absent, Bucket
from sigillo.blobs.s3.location import ASIDE
from sigillo.blobs.types import is_digest

BATCH = 500

Referenced = Callable[[Sequence[str]], Set[str]]


def sweep(bucket: Bucket, referenced: Referenced, limit: datetime) -> int:
    """All steps, for what is older than `limit`; how many blobs were set aside and uploads given up."""
    _end_what_is_aside(bucket, referenced, limit)
    old = _old(bucket, bucket.location.prefix, bucket.location.key, limit)
    removed = 0
    while batch := list(islice(old, BATCH)):
        named = referenced(batch)
        removed += sum(_set_aside(bucket, digest, limit) for digest in batch if digest not in named)
    return removed + _give_up_uploads(bucket, limit)


def _old(bucket: Bucket, prefix: str, place: Callable[[str], str], limit: datetime) -> Iterator[str]:
    """The digests of old objects below `prefix` that stand where `place` puts them: others may share the bucket."""
    for found in bucket.objects(prefix):
        digest = found.key.rpartition("/")[2]
        if is_digest(digest) and found.key == place(digest) and found.modified < limit:
            yield digest


def _set_aside(bucket: Bucket, digest: str, limit: datetime) -> bool:
    key = bucket.location.key(digest)
    try:
        if bucket.look(key).modified >= limit:  # stored again since it was listed
            return False
        bucket.copy(key, bucket.location.aside(digest))
    except Absent:
        return False
    bucket.delete(key)
    return True


def _end_what_is_aside(bucket: Bucket, referenced: Referenced, limit: datetime) -> None:
    location = bucket.location
    old = _old(bucket, f"{location.prefix}{ASIDE}", location.aside, limit)
    while batch := list(islice(old, BATCH)):
        named = referenced(batch)
        for digest in batch:
            if digest in named:
                _put_back(bucket, digest)
            bucket.delete(location.aside(digest))


def _put_back(bucket: Bucket, digest: str) -> None:
    """Unless it is there: then somebody stored it once more, and that is as good."""
    try:
        bucket.look(bucket.location.key(digest))
    except Absent:
        with suppress(Absent):  # another sweep was faster
            bucket.copy(bucket.location.aside(digest), bucket.location.key(digest))


def _give_up_uploads(bucket: Bucket, limit: datetime) -> int:
    """What crashes left of uploads in parts."""
    given_up: set[str] = set()
    while left := [found for found in _old_uploads(bucket, limit) if found[1] not in given_up]:
        for key, upload in left:
            bucket.abort(key, upload)
            given_up.add(upload)
    return len(given_up)


def _old_uploads(bucket: Bucket, limit: datetime) -> Iterator[tuple[str, str]]:
    for key, upload, begun in bucket.uploads():
        digest = key.rpartition("/")[2]
        if is_digest(digest) and key == bucket.location.key(digest) and begun < limit:
            yield key, upload
