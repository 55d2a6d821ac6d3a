"""A signing service that is not ours: certomancer-csc-dummy, in a process and with an authority of its own.

It speaks CSC v1.0.4, lets everybody in, asks for no PIN, and binds what it signs to what was authorized (SCAL 2). An
`auth_domain` is one of its authorities; an authority's own certificates are among the credentials that it lists.
"""

import base64
import json
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from sigillo.identities.providers.csc.values import Service
from sigillo.pki.keys import generate_p256, generate_rsa

KEYS = {"root": generate_p256, "issuing": generate_p256, "rsa": lambda: generate_rsa(2048), "ec": generate_p256}
CA = """
        - {id: basic_constraints, critical: true, value: {ca: true}}
        - {id: key_usage, critical: true, smart-value: {schema: key-usage, params: [key_cert_sign, crl_sign]}}"""
PERSON = """
        - id: key_usage
          critical: true
          smart-value: {schema: key-usage, params: [digital_signature, non_repudiation]}
        - {id: extended_key_usage, value: [email_protection]}"""
DAYS = '{valid-from: "2026-01-01T00:00:00+0000", valid-to: "2050-01-01T00:00:00+0000"}'


@dataclass(frozen=True)
class Dummy:
    """A running service with two authorities: `rsa` and `ec`, named for the key of the one signer that each has."""

    url: str

    def service(self, provider: str) -> Service:
        """As the operator configures it."""
        return Service(provider, self.url, "v1", "external", seconds=10)

    def root(self, authority: str) -> bytes:
        """The root certificate of an authority, DER, as the service shows it."""
        form = json.dumps({"credentialID": f"{authority}/root"}).encode()
        request = Request(f"{self.url}/credentials/info", form, {"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return base64.b64decode(json.load(answer)["cert"]["certificates"][0])


@contextmanager
def csc_dummy(folder: Path) -> Iterator[Dummy]:
    """The service while the block runs; nothing of it is left behind."""
    for name, generate in KEYS.items():
        lines = textwrap.wrap(base64.b64encode(generate()).decode(), 64)
        (folder / f"{name}.pem").write_text(
            "\n".join(("-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"))
        )
    (folder / "certomancer.yml").write_text(_configuration())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-u", "-m", "csc_dummy", "certomancer.yml", str(port), "2"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert "Running on" in told, (folder / "log").read_text()
        yield Dummy(f"http://127.0.0.1:{port}/csc/v1")
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _configuration() -> str:
    keys = "\n".join(f"      {name}: {{path: {name}.pem}}" for name in KEYS)
    return f"keysets:\n  keys:\n    path-prefix: .\n    keys:\n{keys}\npki-architectures:\n" + "".join(
        _architecture(name) for name in ("rsa", "ec")
    )


def _architecture(signer: str) -> str:
    names = {"root": "Dummy Root", "issuing": "Dummy Issuing", signer: f"Anna Ιωάννης {signer}"}
    entities = "\n".join(f"      {name}: {{common-name: {common_name}}}" for name, common_name in names.items())
    issued = (("root", "root", CA), ("issuing", "root", CA), (signer, "issuing", PERSON))
    certificates = "\n".join(
        f"      {subject}:\n        subject: {subject}\n        issuer: {issuer}\n        validity: {DAYS}\n"
        f"        extensions:{extensions}"
        for subject, issuer, extensions in issued
    )
    return (
        f"  {signer}:\n    keyset: keys\n    entity-defaults: {{organization-name: Dummy RSSP {signer}}}\n"
        f"    entities:\n{entities}\n    certs:\n{certificates}\n"
    )
