"""What `bench.engine` measures: our engine, and the bare key operation that no engine can do without."""

from collections.abc import Callable
from dataclasses import dataclass

from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import Placement, SignatureRequest, Signer
from tests.support.people import SIGNED_AT

RECT = (72, 72, 322, 142)
LINES = ("Signed by Mario Rossi", "Example S.p.A., Roma", "2026-05-05 09:30 UTC")
REASON = "Agreement of May"

SignOnce = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    document: str
    key: str
    visible: bool

    @property
    def title(self) -> str:
        return f"{self.document}, {self.key}, {'visible' if self.visible else 'invisible'}"


def ours(signer: Signer, visible: bool) -> SignOnce:
    """Sigillo's engine: document in, document out (the increment joined to it)."""
    placement = Placement(1, RECT) if visible else None
    request = SignatureRequest(placement, LINES if visible else (), reason=REASON)

    def sign(document: bytes) -> bytes:
        return document + sign_pdf(document, signer, request, signed_at=SIGNED_AT).increment

    return sign


def bare(signer: Signer) -> SignOnce:
    """Nothing but the key operation: what no engine can do without."""

    def sign(document: bytes) -> bytes:
        return signer.key.sign(document[:64])

    return sign
