"""The main job, end to end, by the command that a newcomer types first; then what a server must survive."""

import hashlib
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request

import pytest

from sigillo.pki.certificates import from_pem_or_base64
from tests.cli.serving import Server, family, sigillo, started, wait_for
from tests.support.judges import mutool_sign, nss_database, pdfsig
from tests.support.pages import pdf
from tests.support.programs import needs
from tests.support.server import document_server

SIGNER = "archivio"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One quickstart for the whole module: the tests run from top to bottom, and the last ones end it."""
    with tempfile.TemporaryDirectory(prefix="sigillo-main-job-") as folder:
        home = Path(folder) / "a home"
        settings = {"SIGILLO_OUTBOUND_ALLOW": "127.0.0.1", "SIGILLO_MAX_BODY_MIB": "1", "SIGILLO_LOG_LEVEL": "INFO"}
        with started("quickstart", home, **settings) as running:
            running.read_until("Stop it with Ctrl-C")
            running.token = (home / "quickstart" / "token").read_text().strip()
            yield running


@pytest.fixture(scope="module")
def signed(server: Server) -> Path:
    """The file that the quickstart signed."""
    return server.home / "quickstart" / "agreement-signed.pdf"


def test_each_step_is_told_with_its_ids(server: Server, signed: Path) -> None:
    told = "".join(server.lines)
    steps = [line for line in server.lines if line[2:3].isdigit()]
    assert [line.split()[0] for line in steps] == ["1", "2", "3", "4", "5", "6"]
    for word in ("waiting", "pending after", str(signed), " verify ", "pdfsig ", "token", "curl "):
        assert word in told
    assert server.token not in told
    assert (server.home / "quickstart" / "token").stat().st_mode & 0o077 == 0
    assert server.home.stat().st_mode & 0o077 == 0


def test_the_transaction_is_performed(server: Server) -> None:
    status, answer = server.call("GET", "/signature-transactions?where_title=Quickstart")
    assert status == 200
    (transaction,) = answer["data"]
    assert transaction["status"] == "performed"
    assert transaction["documents"][0]["groups"][0][0]["status"] == "performed"


@needs("pdfsig", "certutil", "mutool")
def test_the_verifiers_of_others_accept_the_file(server: Server, signed: Path, tmp_path: Path) -> None:
    root = from_pem_or_base64(server.send(f"{server.url}/pki/root.crt")[1].decode())
    (verdict,) = pdfsig(signed, nss_database(tmp_path / "nss", root))
    assert verdict.valid, verdict.text
    assert verdict.trusted, verdict.text
    assert verdict.total, verdict.text
    (second,) = mutool_sign(signed)
    assert second.valid, second.text
    assert second.total, second.text
    flipped = bytearray(signed.read_bytes())
    flipped[flipped.index(b"Service Agreement")] ^= 1
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(flipped)
    (verdict,) = pdfsig(damaged, tmp_path / "nss")
    assert not verdict.valid, verdict.text


def test_our_own_verifier_trusts_this_installation_and_no_change(server: Server, signed: Path, tmp_path: Path) -> None:
    answer = sigillo("verify", str(signed), home=server.home)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "VALID." in answer.stdout
    assert sigillo("verify", str(signed), home=tmp_path / "none").returncode == 1
    flipped = bytearray(signed.read_bytes())
    flipped[flipped.index(b"Service Agreement")] ^= 1
    (tmp_path / "damaged.pdf").write_bytes(flipped)
    assert sigillo("verify", str(tmp_path / "damaged.pdf"), home=server.home).returncode == 1


@needs("openssl")
def test_the_revocation_list_that_the_certificate_names_answers(server: Server, signed: Path, tmp_path: Path) -> None:
    answer = server.call("GET", "/signature-transactions?where_title=Quickstart")[1]
    assert answer["data"]
    crl = next(
        part.split(b")")[0].decode()
        for part in _certificates(signed).split(b"(")
        if part.startswith(server.url.encode()) and b".crl" in part[:200]
    )
    status, content = server.send(crl)
    assert status == 200
    (tmp_path / "list.crl").write_bytes(content)
    shown = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-noout", "-text", "-in", str(tmp_path / "list.crl")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Sigillo Issuing Authority" in shown.stdout


def _certificates(signed: Path) -> bytes:
    """The addresses inside the CMS, each in parentheses: enough to find the list without a parser of ours."""
    content = signed.read_bytes()
    start = content.index(b"/Contents <") + 11 if b"/Contents <" in content else content.index(b"/Contents<") + 10
    der = bytes.fromhex(content[start : content.index(b">", start)].decode())
    found, at = [], der.find(b"http://")
    while at >= 0:
        found.append(b"(" + der[at : at + der[at - 1]] + b")")
        at = der.find(b"http://", at + 1)
    return b"".join(found)


def _transaction(uri: str) -> dict[str, object]:
    signature = {"signer": SIGNER, "profile": "pades-bes"}
    return {"title": "By address", "documents": [{"document_uri": uri, "groups": [[signature]]}]}


def test_a_document_is_fetched_over_http(server: Server) -> None:
    content = pdf()
    with document_server(lambda *_: (200, {"Content-Type": "application/pdf"}, content)) as address:
        status, answer = server.call("POST", "/signature-transactions", _transaction(f"{address}/contract.pdf"))
        assert (status, answer["data"]["status"]) == (201, "waiting")
        data = server.until(answer["data"]["id"], "pending")
    status, fetched = server.call("GET", f"/documents/{data['documents'][0]['id']}/download")
    assert (status, hashlib.sha256(fetched).digest()) == (200, hashlib.sha256(content).digest())


def test_a_body_above_the_limit_is_refused_in_the_contracts_form(server: Server) -> None:
    headers = {"Authorization": f"Token {server.token}", "Content-Type": "application/json"}
    address = f"{server.url}/api/v1/api-demo/users"
    for body in (b" " * (2 << 20), iter([b" " * (1 << 20), b" " * (1 << 20)])):
        status, answer = server.send(Request(address, body, headers, method="POST"))  # an iterator is sent in chunks
        assert (status, answer["meta"]["code"], answer["data"]) == (413, 413, None)


def test_a_body_in_chunks_is_read(server: Server) -> None:
    headers = {"Authorization": f"Token {server.token}", "Content-Type": "application/json"}
    body = iter([b'{"id": "chun', b'ked"}'])
    status, answer = server.send(Request(f"{server.url}/api/v1/api-demo/users", body, headers, method="POST"))
    assert (status, answer["data"]["id"]) == (201, "chunked")


def _connected(server: Server) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_slow_senders_do_not_hold_the_threads(server: Server) -> None:
    head = b"POST /api/v1/api-demo/users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    slow = [_connected(server) for _ in range(40)]
    try:
        for one in slow:
            one.sendall(head)
        assert server.call("GET", "/signature-transactions")[0] == 200
    finally:
        for one in slow:
            one.close()


def test_a_taken_port_is_named(server: Server, tmp_path: Path) -> None:
    answer = sigillo("serve", "--bind", server.url.removeprefix("http://"), home=server.home)
    assert answer.returncode == 2
    assert "is in use by another program" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_doctor_finds_nothing_missing(server: Server) -> None:
    answer = sigillo("doctor", home=server.home, SIGILLO_PUBLIC_URL=server.url)
    assert answer.returncode == 0, answer.stdout
    assert "MISSING" not in answer.stdout


def test_callers_wait_while_a_killed_web_server_comes_back(server: Server) -> None:
    (web,) = server.web()
    subprocess.run(["kill", "-9", str(web)], check=True)
    assert server.call("GET", "/signature-transactions")[0] == 200
    assert server.web() != [web]


def test_nothing_goes_on_when_the_whole_is_killed(server: Server, signed: Path) -> None:
    before = family(server.process.pid)
    assert len(before) >= 6
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before), "end of the orphans")


def test_started_again_it_uses_its_home_and_stops_after_what_is_in_hand(server: Server, signed: Path) -> None:
    before = signed.stat()
    with started("quickstart", server.home) as again:
        again.read_until("Stop it with Ctrl-C")
        assert again.lines[0].startswith("Sigillo uses the home that is there")
        again.token = server.token
        assert again.call("GET", "/signature-transactions")[1]["pagination"]["count"] >= 1
        assert signed.stat().st_mtime == before.st_mtime
        body = b'{"id": "in-hand"}'
        with _connected(again) as half_sent:
            head = f"POST /api/v1/api-demo/users HTTP/1.1\r\nHost: x\r\nAuthorization: Token {server.token}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            half_sent.sendall(head.encode() + body[:5])
            assert again.call("GET", "/signature-transactions")[0] == 200  # so that the half has surely arrived
            again.process.send_signal(signal.SIGINT)
            wait_for(lambda: not again.workers(), "end of the worker")
            half_sent.sendall(body[5:])
            assert half_sent.recv(100).startswith(b"HTTP/1.1 201 ")
        assert again.process.wait(30) == 0
