"""The master keys of an installation: one small file that is not in the database.

Each line is `kid:base64(32 octets)`. The last line is the active key; the earlier ones only open what
they once sealed. Losing the file loses every private key of the installation; whoever copies it together
with the database holds them all.
"""

import base64
import binascii
import os
import re
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sigillo.secrets.errors import KeyringUnusable

KEY_OCTETS = 32
_KID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One master key: its public name and its 32 octets, which never show in a repr."""

    kid: str
    octets: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> "MasterKey":
        """A fresh key from the operating system's generator."""
        return cls(kid=secrets.token_hex(4), octets=secrets.token_bytes(KEY_OCTETS))

    def line(self) -> str:
        """The key as its line of the file."""
        return f"{self.kid}:{base64.b64encode(self.octets).decode()}\n"


def parse_keys(text: str) -> tuple[MasterKey, ...]:
    """Read the lines of a key file, oldest first; blank lines are skipped.

    Raises KeyringUnusable, naming the line but never its content.
    """
    keys: dict[str, MasterKey] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        key = _parse_line(line.strip(), number)
        if key.kid in keys:
            raise KeyringUnusable(f"Line {number} of the master keys repeats the name {key.kid!r}; remove one of them.")
        keys[key.kid] = key
    if not keys:
        raise KeyringUnusable("The master keys are empty; restore the file from its backup.")
    return tuple(keys.values())


def _parse_line(line: str, number: int) -> MasterKey:
    kid, _, encoded = line.partition(":")
    try:
        octets = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        octets = b""
    if not _KID.fullmatch(kid) or len(octets) != KEY_OCTETS:
        raise KeyringUnusable(
            f"Line {number} of the master keys is not `name:base64 of {KEY_OCTETS} octets`; "
            "restore the file from its backup."
        )
    return MasterKey(kid, octets)


def create_file(path: Path) -> tuple[MasterKey, ...]:
    """Write a new key file with one key, mode 0600, and make it durable before returning.

    Raises KeyringUnusable where the file exists: a second key file would orphan what the first one sealed.
    """
    key = MasterKey.generate()
    try:
        _write_durably(path, key.line())
    except FileExistsError:
        raise KeyringUnusable(
            f"{path} exists already and is never overwritten; use it, or move it away for a new installation."
        ) from None
    return (key,)


def load_file(path: Path) -> tuple[MasterKey, ...]:
    """Read a key file. Raises KeyringUnusable when it is missing, malformed or open to others."""
    try:
        with path.open(encoding="ascii") as file:
            weakness = _weakness(path, os.fstat(file.fileno()).st_mode)
            if weakness:
                raise KeyringUnusable(weakness)
            return parse_keys(file.read())
    except FileNotFoundError:
        raise KeyringUnusable(
            f"The master keys {path} are missing; restore them from their backup, or begin with `sigillo init`."
        ) from None
    except (PermissionError, UnicodeDecodeError) as error:
        raise KeyringUnusable(
            f"The master keys {path} cannot be read ({error}); check their owner and content."
        ) from error


def rotate_file(path: Path) -> tuple[MasterKey, ...]:
    """Add a fresh key as the last line, so that it becomes the active one; the file is replaced in one step.

    Processes that already run keep the keys they loaded: restart them before resealing anything.
    """
    keys = (*load_file(path), MasterKey.generate())
    replacement = path.with_name(f".{path.name}.new")
    replacement.unlink(missing_ok=True)
    _write_durably(replacement, "".join(key.line() for key in keys))
    replacement.replace(path)
    _fsync_directory(path.parent)
    return keys


def weak_permissions(path: Path) -> str | None:
    """A sentence with its remedy if anybody but the owner can reach the key file, else None."""
    return _weakness(path, path.stat().st_mode)


def _weakness(path: Path, mode: int) -> str | None:
    others = stat.S_IMODE(mode) & 0o077
    if not others:
        return None
    mode = stat.S_IMODE(mode)
    return f"The master keys {path} are open to other accounts (mode {mode:04o}); run `chmod 600 {path}`."


def _write_durably(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _fsync_directory(path.parent)


def _fsync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def length_prefixed(parts: Iterable[bytes]) -> bytes:
    """An unambiguous encoding of a list: every part after its length in four octets, big endian.

    ("ab", "c") and ("a", "bc") differ, so that a value cannot be moved to a place that merely spells alike.
    """
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
