"""One embedded authority for each kind of key, made once for all these tests."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sigillo.pki.authority import Issuer, create_issuing, create_root, issue_signer, random_serial
from sigillo.pki.keys import LocalKey, generate_p256, generate_rsa, load_key
from sigillo.pki.names import Subject

NOW = datetime.now(UTC)  # the verifiers of these tests judge by the clock of the machine
START = NOW - timedelta(days=1)
NAME = "Łukasz 王 Ιωάννης العربية"


@dataclass(frozen=True)
class Authority:
    """A root, an issuing authority under it, and a key for signers."""

    root: Issuer
    issuing: Issuer
    signer_key: LocalKey

    def issue(self, subject: Subject | None = None, serial: int | None = None) -> bytes:
        """A signer's certificate that is valid today."""
        return issue_signer(
            subject or Subject(common_name=NAME),
            self.signer_key.public_key_der,
            self.issuing,
            serial=serial or random_serial(),
            not_before=START,
            not_after=NOW + timedelta(days=365),
            crl_url="http://127.0.0.1/pki/issuing.crl",
            issuer_url="http://127.0.0.1/pki/issuing.crt",
        )


def make_authority(generate: Callable[[], bytes]) -> Authority:
    root = create_root(
        Subject(common_name="Sigillo Root", organization="Sigillo"),
        load_key(generate()),
        not_before=START,
        years=20,
    )
    issuing = create_issuing(
        Subject(common_name="Sigillo Issuing", organization="Sigillo"),
        load_key(generate()),
        root,
        serial=random_serial(),
        not_before=START,
        not_after=NOW + timedelta(days=3650),
        crl_url="http://127.0.0.1/pki/root.crl",
        issuer_url="http://127.0.0.1/pki/root.crt",
    )
    return Authority(root, issuing, load_key(generate()))


@pytest.fixture(scope="session", params=[generate_rsa, generate_p256], ids=["rsa", "ec"])
def authority(request: pytest.FixtureRequest) -> Authority:
    return make_authority(request.param)


@pytest.fixture(scope="session")
def quick_authority() -> Authority:
    """An authority for tests in which the kind of key does not matter."""
    return make_authority(generate_p256)


def openssl(*arguments: str | Path, octets: bytes | None = None) -> str:
    """What openssl prints. Names are shown in UTF-8. Raises CalledProcessError where it fails."""
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=octets, capture_output=True, check=True)
    return (done.stdout + done.stderr).decode()
