"""What a provider gives for an identity."""

from dataclasses import dataclass

from sigillo.identities.authority import Issued


@dataclass(frozen=True, slots=True)
class Granted:
    """A certificate (DER) with the chain from its issuer on, and where its key is: with us, or at a signing service.

    A key of ours is in `issued`; one at a service is reached by the id of its `credential`. `password_here` says that
    nobody but us checks the signer's password. `guarded` says that the key asks its holder for something of his own.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    issued: Issued | None = None
    credential: str = ""
    password_here: bool = True
    guarded: bool = True
