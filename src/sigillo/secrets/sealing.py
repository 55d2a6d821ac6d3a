"""Sealing at rest: a value leaves the database only together with the master key and its own place.

A sealed value is `v1|kid|nonce|ciphertext`: AES-256-GCM (NIST SP 800-38D) under a key derived from the master
key by HKDF-SHA-256 (RFC 5869). The additional data name version, kid, tenant, table, row and field, so that a
ciphertext copied into another row, field or tenant does not open.
"""

import base64
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sigillo.secrets.errors import SealBroken
from sigillo.secrets.keyring import (
    KEY_OCTETS,
    MasterKey,
    create_file,
    length_prefixed,
    load_file,
    parse_keys,
    rotate_file,
)

VERSION = "v1"
_NONCE_OCTETS = 12
_TAG_OCTETS = 16
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Context:
    """The place that a sealed value belongs to. It opens nowhere else."""

    tenant: str
    table: str
    row: str
    field: str

    def __str__(self) -> str:
        return f"{self.table}.{self.field} of row {self.row} (tenant {self.tenant})"


@dataclass(frozen=True, slots=True, repr=False)
class _Derived:
    """The two working keys of one master key: what seals never serves to look up."""

    kid: str
    sealing: AESGCM
    lookup: bytes

    @classmethod
    def of(cls, master: MasterKey) -> "_Derived":
        return cls(
            kid=master.kid,
            sealing=AESGCM(_derive(master, b"sigillo sealing v1")),
            lookup=_derive(master, b"sigillo lookup v1"),
        )


def _derive(master: MasterKey, purpose: bytes) -> bytes:
    # No salt: the input is 32 random octets already (RFC 5869 §3.1); `info` keeps the purposes apart.
    return HKDF(algorithm=hashes.SHA256(), length=KEY_OCTETS, salt=None, info=purpose).derive(master.octets)


class Keyring:
    """The master keys in memory, ready to seal, open and look up. Immutable; safe to share between threads.

    Nonces are random, so one key seals at most 2^32 values (SP 800-38D §8.3): rotate long before that.
    """

    __slots__ = ("_active", "_by_kid", "_newest_first")

    def __init__(self, keys: tuple[MasterKey, ...]) -> None:
        derived = tuple(_Derived.of(key) for key in reversed(keys))
        self._newest_first = derived
        self._active = derived[0]
        self._by_kid = {key.kid: key for key in derived}

    @classmethod
    def create(cls, path: Path) -> "Keyring":
        """Make a new key file (mode 0600, durable) and load it. Raises KeyringUnusable if it exists."""
        return cls(create_file(path))

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """Load a key file. Raises KeyringUnusable if it is missing, malformed or open to other accounts."""
        return cls(load_file(path))

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read the keys from text: for a secret that a platform mounts with permissions of its own."""
        return cls(parse_keys(text))

    @classmethod
    def rotate(cls, path: Path) -> "Keyring":
        """Add a fresh active key to the file and load it; the earlier keys go on opening."""
        return cls(rotate_file(path))

    @property
    def active(self) -> str:
        """The kid of the key that seals from now on."""
        return self._active.kid

    @property
    def kids(self) -> tuple[str, ...]:
        """The kids of every key, newest first."""
        return tuple(key.kid for key in self._newest_first)

    def seal(self, plaintext: bytes, context: Context) -> str:
        """Seal octets for one place under the active key; ASCII text of about 4/3 their length plus 50."""
        nonce = os.urandom(_NONCE_OCTETS)
        key = self._active
        ciphertext = key.sealing.encrypt(nonce, plaintext, _additional_data(key.kid, context))
        return "|".join((VERSION, key.kid, _encode(nonce), _encode(ciphertext)))

    def open(self, sealed: str, context: Context) -> bytes:
        """The octets that were sealed for this very place.

        Raises SealBroken for a malformed value, an unknown key, another place or any change.
        """
        kid, nonce, ciphertext = _split(sealed, context)
        key = self._by_kid.get(kid)
        if key is None:
            raise SealBroken(f"The sealed {context} needs the master key {kid!r}, which is not here; put it back.")
        try:
            return key.sealing.decrypt(nonce, ciphertext, _additional_data(kid, context))
        except InvalidTag:
            raise SealBroken(
                f"The sealed {context} does not open: it was changed, moved from another place, or the "
                f"master key {kid!r} is not the one it was sealed with. Restore row and key from the same backup."
            ) from None

    def reseal(self, sealed: str, context: Context) -> str:
        """The same value under the active key; the very same text if it is sealed under it already."""
        if _split(sealed, context)[0] == self._active.kid:
            return sealed
        return self.seal(self.open(sealed, context), context)

    def lookup(self, purpose: str, value: str | bytes) -> bytes:
        """A keyed hash to find a secret by: 32 octets, HMAC-SHA-256 (RFC 2104) under the active key.

        `purpose` keeps kinds of secrets apart: one value hashed for two purposes gives two unrelated results.
        """
        return _lookup(self._active, purpose, value)

    def lookups(self, purpose: str, value: str | bytes) -> tuple[bytes, ...]:
        """The keyed hashes under every key, newest first: search with all, store only `lookup`."""
        return tuple(_lookup(key, purpose, value) for key in self._newest_first)


def _lookup(key: _Derived, purpose: str, value: str | bytes) -> bytes:
    octets = value.encode() if isinstance(value, str) else value
    return hmac.digest(key.lookup, length_prefixed((purpose.encode(), octets)), "sha256")


def _additional_data(kid: str, context: Context) -> bytes:
    parts = (VERSION, kid, context.tenant, context.table, context.row, context.field)
    return length_prefixed(part.encode() for part in parts)


def _split(sealed: str, context: Context) -> tuple[str, bytes, bytes]:
    parts = sealed.split("|")
    if len(parts) != _PARTS or parts[0] != VERSION:
        raise SealBroken(f"The sealed {context} is not `{VERSION}|kid|nonce|ciphertext`; restore it from a backup.")
    nonce, ciphertext = _decode(parts[2]), _decode(parts[3])
    if nonce is None or ciphertext is None or len(nonce) != _NONCE_OCTETS or len(ciphertext) < _TAG_OCTETS:
        raise SealBroken(f"The sealed {context} is damaged; restore it from a backup.")
    return parts[1], nonce, ciphertext


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """The octets of url-safe base64 without padding; None unless this is their one spelling."""
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return octets if _encode(octets) == text else None
