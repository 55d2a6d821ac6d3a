"""Verdicts of verifiers that share no code with us: poppler's pdfsig, MuPDF's mutool, OpenSSL's cms."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asn1crypto.cms import ContentInfo

TIME_LIMIT = 60
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True)
class PdfsigVerdict:
    """What pdfsig says of one signature."""

    text: str

    @property
    def field_name(self) -> str:
        found = re.search(r"Signature Field Name: (.*)", self.text)
        return found.group(1) if found else ""

    @property
    def valid(self) -> bool:
        return "Signature is Valid." in self.text

    @property
    def trusted(self) -> bool:
        """The chain leads to the root; pdfsig 22.12 says so of a certificate only once a file."""
        return "Certificate is Trusted." in self.text

    @property
    def total(self) -> bool:
        """The signature covers the whole file: never trust `valid` alone."""
        return "Total document signed" in self.text


@dataclass(frozen=True)
class MutoolVerdict:
    """What mutool says of one signature."""

    text: str

    @property
    def valid(self) -> bool:
        return "unchanged since signing" in self.text or "signature is valid" in self.text

    @property
    def total(self) -> bool:
        return "The document is unchanged since signing" in self.text


def nss_database(directory: Path, root_der: bytes) -> Path:
    """An NSS database in `directory` that trusts one root for signing documents."""
    directory.mkdir(parents=True, exist_ok=True)
    root = directory / "root.der"
    root.write_bytes(root_der)
    database = f"sql:{directory}"
    subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True, capture_output=True)
    add = ["certutil", "-A", "-d", database, "-n", "root", "-t", "CT,CT,CT", "-i", str(root)]
    subprocess.run(add, check=True, capture_output=True)
    return directory


def pdfsig(file: Path, database: Path) -> list[PdfsigVerdict]:
    """One verdict for each signature, in pdfsig's order. It asks the responder, where the certificate names one."""
    said = _say("pdfsig", "-nssdir", f"sql:{database}", str(file))
    return [PdfsigVerdict(part) for part in re.split(r"^Signature #\d+:$", said, flags=re.MULTILINE)[1:]]


def mutool_sign(file: Path) -> list[MutoolVerdict]:
    """One verdict for each signature that mutool finds; it knows no roots, so trust is not asked."""
    said = _say("mutool", "sign", "-v", str(file))
    return [MutoolVerdict(part) for part in said.split("Verifying signature ")[1:]]


def openssl_cms(document: bytes, root_der: bytes, directory: Path) -> bool:
    """Whether `openssl cms -verify -cades` accepts the newest signature over its byte range."""
    cms, content = newest_signature(document)
    for name, data in (("signature.der", cms), ("content", content), ("root.der", root_der)):
        (directory / name).write_bytes(data)
    pem = ["openssl", "x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem"]
    subprocess.run(pem, cwd=directory, check=True, capture_output=True)
    verify = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signature.der"]
    verify += ["-content", "content", "-CAfile", "root.pem", "-purpose", "any", "-out", "verified"]
    return subprocess.run(verify, cwd=directory, capture_output=True, check=False).returncode == 0


def openssl_envelope(envelope: bytes, root_der: bytes, directory: Path) -> bytes | None:
    """What `openssl cms -verify -cades` takes out of an envelope; None where one signer in it does not hold."""
    (directory / "envelope.p7m").write_bytes(envelope)
    (directory / "root.der").write_bytes(root_der)
    pem = ["openssl", "x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem"]
    subprocess.run(pem, cwd=directory, check=True, capture_output=True)
    verify = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "envelope.p7m"]
    verify += ["-CAfile", "root.pem", "-purpose", "any", "-out", "content"]
    done = subprocess.run(verify, cwd=directory, capture_output=True, check=False, timeout=TIME_LIMIT)
    return (directory / "content").read_bytes() if done.returncode == 0 else None


def cmsutil(envelope: bytes, database: Path, directory: Path) -> dict[str, str]:
    """What NSS says of each signer of an envelope, by common name; `GoodSignature` is with a chain to the root."""
    (directory / "envelope.p7m").write_bytes(envelope)
    said = _say("cmsutil", "-D", "-n", "-h", "1", "-d", f"sql:{database}", "-i", str(directory / "envelope.p7m"))
    return dict(re.findall(r'signer\d+\.id="(.*?)"; signer\d+\.status=(\w+)', said))


def openssl_timestamp(cms: bytes, root_der: bytes, directory: Path) -> list[bool]:
    """Of each signer of a CMS (DER) that carries a time-stamp, whether `openssl ts -verify` accepts it."""
    verdicts = []
    for signer in ContentInfo.load(cms)["content"]["signer_infos"]:
        unsigned = {attribute["type"].native: attribute["values"] for attribute in signer["unsigned_attrs"] or ()}
        if "signature_time_stamp_token" in unsigned:
            token = unsigned["signature_time_stamp_token"][0].dump()
            verdicts.append(_timestamp_holds(token, signer["signature"].native, root_der, directory))
    return verdicts


def _timestamp_holds(token: bytes, value: bytes, root_der: bytes, directory: Path) -> bool:
    for name, data in (("token", token), ("value", value), ("root.der", root_der)):
        (directory / name).write_bytes(data)
    pem = ["openssl", "x509", "-inform", "DER", "-in", "root.der", "-out", "root.pem"]
    subprocess.run(pem, cwd=directory, check=True, capture_output=True)
    verify = ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "value", "-CAfile", "root.pem"]
    answer = subprocess.run(verify, cwd=directory, capture_output=True, text=True, check=False)
    return "Verification: OK" in answer.stdout


def newest_signature(document: bytes) -> tuple[bytes, bytes]:
    """(CMS, signed content) of the last signature in the file, found by its byte range alone."""
    start, first, second, rest = (int(number) for number in _BYTE_RANGE.findall(document)[-1])
    gap = document[start + first : second]
    assert gap[:1] == b"<"
    assert gap[-1:] == b">"
    return bytes.fromhex(gap[1:-1].decode()), document[start : start + first] + document[second : second + rest]


def _say(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT, check=False)
    return answer.stdout
