"""The values that go into the engine and come out of it. All are immutable; none knows where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap
from typing import Literal, Protocol

Buffer = bytes | mmap
"""A whole document: in memory, or a read-only memory map of a file."""

Rectangle = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in points, x0 < x1 and y0 < y1."""


class SigningKey(Protocol):
    """A private key that somebody else holds: a loaded key, a hardware token, a remote service."""

    @property
    def algorithm(self) -> Literal["rsa", "ec"]:
        """The family of the key; it fixes the signature algorithm of the CMS."""

    def sign(self, data: bytes) -> bytes:
        """Sign SHA-256(data): RSASSA-PKCS1-v1_5 for RSA, a DER `Ecdsa-Sig-Value` for EC."""


class TimestampSource(Protocol):
    """Where time-stamps come from: somebody else's word that a digest was there at a moment (RFC 3161)."""

    @property
    def room(self) -> int:
        """Bytes that its tokens take at most: so much is reserved in a PDF before it is signed."""

    def stamp(self, digest: bytes) -> bytes:
        """The token over a SHA-256: a DER ContentInfo, checked by the source. Raises whatever stands in the way."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the certificate, the chain that vouches for it, and the handle of its private key.

    `certificate` is DER; `chain` is DER from the issuer up to and including the root.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a signature is seen: a 1-based page, and a rectangle on the page *as displayed*.

    Points (1/72 inch) from the lower left corner of the crop box after /Rotate was applied.
    """

    page: int
    rect: Rectangle


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """What one signature says about itself.

    `lines` are the paragraphs of the visible text; they are drawn only where there is a `placement`.
    `field_name` names a new signature field; without it the engine picks a free name.
    """

    placement: Placement | None = None
    lines: Sequence[str] = ()
    reason: str | None = None
    name: str | None = None
    location: str | None = None
    field_name: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIncrement:
    """A finished signature: `increment` follows the original bytes, which stay as they were.

    `path` tells which road the policy chose; `digest` is the SHA-256 over the signed byte ranges,
    the value that the CMS carries as message-digest. `base_digest` is the SHA-256 of the original bytes as they
    were signed: whoever knows what they should have been compares it before the increment is used.
    """

    increment: bytes
    field_name: str
    digest: bytes
    base_digest: bytes
    path: Literal["fast", "general"]
