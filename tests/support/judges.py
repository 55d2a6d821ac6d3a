"""Verdicts of verifiers that share no code with us: poppler's pdfsig, MuPDF's mutool, OpenSSL's cms."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONTENTS = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True)
class PdfsigVerdict:
    """What pdfsig says of one signature."""

    text: str

    @property
    def valid(self) -> bool:
        return "Signature is Valid." in self.text

    @property
    def trusted(self) -> bool:
        return "Certificate is Trusted." in self.text

    @property
    def total(self) -> bool:
        """The signature covers the whole file: never trust `valid` alone."""
        return "Total document signed" in self.text


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
    """One verdict for each signature, in pdfsig's order. No revocation look-ups: tests have no network."""
    command = ["pdfsig", "-nssdir", f"sql:{database}", str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    parts = re.split(r"^Signature #\d+:$", answer.stdout, flags=re.MULTILINE)
    return [PdfsigVerdict(part) for part in parts[1:]]


def mutool_sign(file: Path) -> str:
    """The report of `mutool sign -v`; it says `digest: ok` style lines for each signature it finds."""
    command = ["mutool", "sign", "-v", str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    return answer.stdout + answer.stderr
