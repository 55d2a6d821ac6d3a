"""What small actions leave to say."""

from msgspec import Struct


class SentShape(Struct):
    """Where a one-time password went, hidden but for its ends."""

    sent_to: str


class SignedShape(Struct):
    """A signature that was made."""

    signature: str
    status: str
