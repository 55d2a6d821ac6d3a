"""The calls to a bucket, and nothing else: each ends in bounded time, with values of ours or an error of ours.

What goes up is checked by the server: a blob that goes up whole is sent with its digest, which the server compares
and keeps; a part with its MD5, which every server knows; and each request is signed over the SHA-256 of its body.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from threading import Lock
from time import monotonic
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody

from sigillo.blobs.errors import BlobStoreFailed
from sigillo.blobs.s3.failures import ABSENT, code_of, failure
from sigillo.blobs.s3.location import S3Keys, S3Location

CONNECT_SECONDS = 2
READ_SECONDS = 10
ATTEMPTS = 2
"""A server that takes a connection and says nothing is given up after twice 10 s, and a second or two between."""
GRACE_SECONDS = 20
PACE = 4 << 20
"""Octets a second that a download must keep up, once the grace is over."""
PAGE = 1000
"""How many objects a listing tells of at a time: as many as S3 gives."""
_CHUNK = 1 << 18
_CONNECTIONS = 256
"""As many as SIGILLO_WEB_THREADS may be: they are opened as they are needed."""

_making = Lock()
"""Held while a client is made: clients are safe between threads, their making is not."""


@cache
def _session() -> boto3.session.Session:
    """What all clients of the process share: where boto3 looks for keys, and 13 MB that describe S3."""
    return boto3.session.Session()


class Absent(Exception):
    """There is no object under the key."""


@dataclass(frozen=True, slots=True)
class Object:
    """What the server says of an object; `etag` changes with its content."""

    key: str
    etag: str
    size: int
    modified: datetime


class Bucket:
    """One bucket. Safe between threads; connects with the first call.

    Every method raises BlobStoreFailed where the server does not answer or refuses.
    """

    def __init__(self, location: S3Location, keys: S3Keys | None) -> None:
        self.location = location
        self._keys = keys

    def put(self, key: str, content: bytes, digest: str) -> str:
        """Store an object whole, in the place of one that may be there, by the SHA-256 of its content; its tag."""
        checksum = b64encode(bytes.fromhex(digest)).decode()
        answer = self._call("put_object", Key=key, Body=content, ChecksumSHA256=checksum, **self._encryption)
        return str(answer["ETag"])

    def look(self, key: str) -> Object:
        """What is under a key. Raises Absent."""
        return _object(key, self._call("head_object", Key=key))

    def read(self, key: str) -> tuple[Object, Iterator[bytes]]:
        """An object and its content in pieces. Raises Absent."""
        answer = self._call("get_object", Key=key)
        found = _object(key, answer)
        return found, self._pieces(found, answer["Body"])

    def copy(self, source: str, target: str) -> None:
        """Copy an object on the server, whole. Raises Absent."""
        place = {"Bucket": self.location.bucket, "Key": source}
        self._call("copy_object", Key=target, CopySource=place, **self._encryption)

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""
        self._call("delete_object", Key=key)

    def objects(self, prefix: str) -> Iterator[Object]:
        """All objects whose keys begin with `prefix`."""
        following: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=prefix, MaxKeys=PAGE, **following)
            for one in page.get("Contents", ()):
                yield Object(one["Key"], one["ETag"], one["Size"], one["LastModified"])
            if not page.get("IsTruncated"):
                return
            following = {"ContinuationToken": page["NextContinuationToken"]}

    @contextmanager
    def upload(self, key: str) -> Iterator["Upload"]:
        """An object in parts. It is there when the block ends, all at once, and not at all where the block raises."""
        begun = self._call("create_multipart_upload", Key=key, **self._encryption)["UploadId"]
        upload = Upload(self, key, begun)
        try:
            yield upload
            self.call_upload("complete_multipart_upload", key, begun, MultipartUpload={"Parts": upload.parts})
        except BaseException as error:
            # Who does not answer would only be waited for once more. The sweep gives up what is left here.
            if not (isinstance(error, BlobStoreFailed) and error.status is None):
                with suppress(BlobStoreFailed):
                    self.abort(key, begun)
            raise

    def uploads(self) -> list[tuple[str, str, datetime]]:
        """Some uploads below the prefix that were begun and not ended: key, id and the moment of their beginning.

        Servers differ in how they go on after a page: give these up, and ask again.
        """
        page = self._call("list_multipart_uploads", Prefix=self.location.prefix, MaxUploads=PAGE)
        return [(one["Key"], one["UploadId"], one["Initiated"]) for one in page.get("Uploads", ())]

    def abort(self, key: str, upload_id: str) -> None:
        """Give up an upload and its parts, unless it came to its end meanwhile."""
        try:
            self.call_upload("abort_multipart_upload", key, upload_id)
        except BlobStoreFailed as error:
            if error.status != 404:
                raise

    def call_upload(self, operation: str, key: str, upload_id: str, **arguments: object) -> dict[str, Any]:
        """One call that belongs to an upload."""
        return self._call(operation, Key=key, UploadId=upload_id, **arguments)

    @property
    def _encryption(self) -> dict[str, str]:
        """How the server is asked to encrypt what it writes."""
        asked = {"ServerSideEncryption": self.location.sse, "SSEKMSKeyId": self.location.kms_key}
        return {name: value for name, value in asked.items() if value}

    def _call(self, operation: str, **arguments: object) -> dict[str, Any]:
        with self._answered(operation):
            answer: dict[str, Any] = getattr(self._client, operation)(Bucket=self.location.bucket, **arguments)
            return answer

    @contextmanager
    def _answered(self, operation: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if code_of(error) in ABSENT:
                raise Absent from None
            raise failure(error, operation, self.location) from error
        except BotoCoreError as error:
            raise failure(error, operation, self.location) from error

    @cached_property
    def _client(self) -> BaseClient:
        style = "path" if self.location.path_style else "auto"
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=_CONNECTIONS,
            signature_version="s3v4",
            s3={"addressing_style": style, "payload_signing_enabled": True},
            # Not every server knows the checksums that boto3 adds by itself; ours are sent where they are due.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            ignore_configured_endpoint_urls=True,  # SIGILLO_BLOBS says where, and nothing else does
        )
        with _making:
            return _session().client(
                "s3",
                endpoint_url=self.location.endpoint,
                region_name=self.location.region or _session().region_name or "us-east-1",
                aws_access_key_id=self._keys.access_key if self._keys else None,
                aws_secret_access_key=self._keys.secret_key if self._keys else None,
                config=config,
            )

    def _pieces(self, found: Object, body: StreamingBody) -> Iterator[bytes]:
        """The content; a connection that breaks is taken up once, where it broke."""
        at, end = 0, monotonic() + GRACE_SECONDS + found.size / PACE
        for attempt in range(ATTEMPTS):
            if attempt:
                body = self._call("get_object", Key=found.key, Range=f"bytes={at}-", IfMatch=found.etag)["Body"]
            try:
                with closing(body):
                    while piece := body.read(_CHUNK):
                        at += len(piece)
                        yield piece
                        if monotonic() > end:
                            raise BlobStoreFailed(f"S3 at {self.location.host} sends too slowly; look at its load.")
                return
            except BotoCoreError as error:
                if attempt + 1 == ATTEMPTS:
                    raise failure(error, "get_object", self.location) from error


class Upload:
    """An object in parts, in the order in which they are given; each but the last has 5 MiB at least."""

    def __init__(self, bucket: Bucket, key: str, upload_id: str) -> None:
        self._bucket = bucket
        self._key = key
        self._id = upload_id
        self.parts: list[dict[str, object]] = []

    def add(self, content: bytes) -> None:
        """A part from here."""
        checksum = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        answer = self._part("upload_part", Body=content, ContentMD5=checksum)
        self._keep(answer["ETag"])

    def copy(self, source: Object, first: int, last: int) -> None:
        """A part that the server takes from an object, if it is still the same: octets `first` to `last`."""
        answer = self._part(
            "upload_part_copy",
            CopySource={"Bucket": self._bucket.location.bucket, "Key": source.key},
            CopySourceIfMatch=source.etag,
            CopySourceRange=f"bytes={first}-{last}",
        )
        self._keep(answer["CopyPartResult"]["ETag"])

    def _part(self, operation: str, **arguments: object) -> dict[str, Any]:
        number = len(self.parts) + 1
        return self._bucket.call_upload(operation, self._key, self._id, PartNumber=number, **arguments)

    def _keep(self, etag: str) -> None:
        self.parts.append({"PartNumber": len(self.parts) + 1, "ETag": etag})


def _object(key: str, answer: dict[str, Any]) -> Object:
    return Object(key, answer["ETag"], int(answer["ContentLength"]), answer["LastModified"])
