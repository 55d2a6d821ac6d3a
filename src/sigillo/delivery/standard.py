"""The signature scheme of the Standard Webhooks specification 1.0.0 ("Signature scheme", "Webhook headers").

A receiver checks by the secret that it shares with the token that the message is ours, whole, and fresh.
"""

import base64
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"
_OCTETS = 32


def new_secret() -> str:
    """256 bits from the operating system's generator, as the specification writes them (24 to 64 octets in base64)."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_OCTETS)).decode()


def signed_headers(secret: str, message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The three headers of one attempt: `message_id` is the same in each, the moment is that of this one."""
    timestamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    signature = hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), content, "sha256")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
