"""Every profile at a running server, over HTTP and without a word of our own code between it and the judges."""

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from sigillo.pki.certificates import from_pem_or_base64
from tests.cli.serving import Server, sigillo, started
from tests.support.judges import (
    cmsutil,
    mutool_sign,
    newest_signature,
    nss_database,
    openssl_cms,
    openssl_envelope,
    openssl_timestamp,
    pdfsig,
)
from tests.support.pages import pdf
from tests.support.programs import needs

PASSWORD = "bit4idtest"


@dataclass(frozen=True)
class Desk:
    """A running server with its owner's token, and a folder that holds its root certificate, `root.pem`."""

    server: Server
    folder: Path

    def run(self, *command: str) -> str:
        """Everything that a program says, in the folder."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    def root(self) -> bytes:
        """The installation's root certificate, DER."""
        return from_pem_or_base64((self.folder / "root.pem").read_text())


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


@pytest.fixture(scope="module")
def signer(desk: Desk) -> str:
    """An automatic signer whose password is PASSWORD."""
    assert desk.server.call("POST", "/users", {"id": "seal", "automatic": True})[0] == 201
    data = {"auth_domain": "demo", "username": "seal", "password": PASSWORD}
    body = {"provider_id": "aruba-auto", "label": "seal", "provider_data": data}
    assert desk.server.call("POST", "/users/seal/wallet", body)[0] == 201
    return "seal"


def signed(desk: Desk, signer: str, content: bytes, *profiles: str) -> tuple[bytes, Message]:
    """A document after a signature of each profile, in turn, as it is downloaded."""
    server = desk.server
    document = {
        "document_uri": "data:application/octet-stream;base64," + base64.b64encode(content).decode(),
        "display_name": "Work Contract",
        "groups": [[{"signer": signer, "profile": profile}] for profile in profiles],
    }
    made = server.call("POST", "/signature-transactions", {"title": "Profiles", "documents": [document]})[1]["data"]
    (waiting,) = server.until(made["id"], "pending")["documents"]
    for (signature,), profile in zip(waiting["groups"], profiles, strict=True):
        assert signature["profile"] == profile
        status, answer = server.call("POST", f"/signatures/{signature['id']}/perform", {"password": PASSWORD})
        assert status == 200, answer
    address = f"{server.url}/api/v1/{server.organization}/documents/{waiting['id']}/download"
    with urlopen(Request(address, headers={"Authorization": f"Token {server.token}"})) as answer:
        return answer.read(), answer.headers


def verified(desk: Desk, name: str) -> dict[str, Any]:
    """What `sigillo verify` says of a file in the folder, which it accepts."""
    done = sigillo("verify", str(desk.folder / name), "--json", home=desk.server.home)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, answer["verdict"], answer["problems"]) == (0, "valid", []), answer
    return answer


@needs("openssl", "pdfsig", "certutil", "mutool")
def test_every_judge_accepts_pades_t(desk: Desk, signer: str) -> None:
    content, headers = signed(desk, signer, pdf(), "pades-bes", "pades-t")
    assert headers["Content-Type"] == "application/pdf"
    (desk.folder / "signed.pdf").write_bytes(content)
    root = desk.root()
    verdicts = pdfsig(desk.folder / "signed.pdf", nss_database(desk.folder / "nss", root))
    assert [verdict.valid for verdict in verdicts] == [True, True]
    assert verdicts[1].total
    assert [verdict.valid for verdict in mutool_sign(desk.folder / "signed.pdf")] == [True, True]
    assert openssl_cms(content, root, desk.folder)
    assert openssl_timestamp(newest_signature(content)[0], root, desk.folder) == [True]
    _, stamped = verified(desk, "signed.pdf")["signatures"]
    assert stamped["timestamp"]["trusted"]
    assert stamped["revocation"] == "good"


@needs("openssl", "cmsutil", "certutil")
def test_every_judge_accepts_cades(desk: Desk, signer: str) -> None:
    data = bytes(range(256)) * 300
    content, headers = signed(desk, signer, data, "cades-bes", "cades-t")
    assert headers["Content-Type"] == "application/pkcs7-mime"
    assert headers["Content-Disposition"] == 'attachment; filename="Work Contract.bin.p7m"'
    root = desk.root()
    assert openssl_envelope(content, root, desk.folder) == data
    assert openssl_timestamp(content, root, desk.folder) == [True]
    database = nss_database(desk.folder / "nss-of-envelopes", root)
    assert set(cmsutil(content, database, desk.folder).values()) == {"GoodSignature"}
    (desk.folder / "signed.p7m").write_bytes(content)
    one, other = verified(desk, "signed.p7m")["signatures"]
    assert sorted(bool(each["timestamp"]) for each in (one, other)) == [False, True]
    flipped = bytearray(content)
    flipped[content.index(data) + 999] ^= 1
    assert openssl_envelope(bytes(flipped), root, desk.folder) is None
    (desk.folder / "flipped.p7m").write_bytes(flipped)
    assert sigillo("verify", str(desk.folder / "flipped.p7m"), home=desk.server.home).returncode == 1
