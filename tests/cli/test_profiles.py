"""Every profile at a running server, over HTTP and without a word of our own code between it and the judges."""

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request

import pytest

from tests.cli.serving import Server, started
from tests.support.programs import needs


@dataclass(frozen=True)
class Desk:
    """A running server with its owner's token, and a folder that holds its root certificate, `root.pem`."""

    server: Server
    folder: Path

    def run(self, *command: str) -> str:
        """Everything that a program says, in the folder."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One quickstart for the whole module."""
    with tempfile.TemporaryDirectory(prefix="sigillo-profiles-") as name:
        folder = Path(name)
        with started("quickstart", folder / "home") as server:
            server.read_until("Stop it with Ctrl-C")
            server.token = (server.home / "quickstart" / "token").read_text().strip()
            (folder / "root.pem").write_bytes(server.send(f"{server.url}/pki/root.crt")[1])
            yield Desk(server, folder)


@needs("openssl")
def test_openssl_has_a_file_stamped_and_believes_the_stamp(desk: Desk) -> None:
    (desk.folder / "data").write_bytes(b"what is stamped")
    desk.run("openssl", "ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "query")
    request = Request(
        f"{desk.server.url}/pki/tsa",
        (desk.folder / "query").read_bytes(),
        {"Content-Type": "application/timestamp-query"},
    )
    status, reply = desk.server.send(request)
    assert status == 200
    (desk.folder / "reply").write_bytes(reply)
    verify = ("openssl", "ts", "-verify", "-in", "reply", "-CAfile", "root.pem")
    assert "Verification: OK" in desk.run(*verify, "-queryfile", "query")
    assert "Verification: OK" in desk.run(*verify, "-data", "data")
    (desk.folder / "data").write_bytes(b"what was not stamped")
    assert "message imprint mismatch" in desk.run(*verify, "-data", "data")
