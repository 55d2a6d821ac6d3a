"""The messages that are sent, in the contract's spelling: what a fact holds, and the body that it becomes.

What a message says is put together with the change that it speaks of, and kept. So each attempt sends the very same
body, whatever became of the rows meanwhile.
"""

import json
from datetime import UTC
from uuid import UUID

from sigillo.delivery.models import Delivery, Endpoint
from sigillo.identities.models import Enrollment
from sigillo.journal.record import Tell
from sigillo.transactions.models import Signature, Transaction

DST = "DST_STATUS_CHANGED"
SIGNATURE = "SIGNATURE_STATUS_CHANGED"
ENROLLED = "IDENTITY_REQUEST_ENROLLED"
TOPICS = {
    DST: Endpoint.Topic.DST.value,
    SIGNATURE: Endpoint.Topic.DST.value,
    ENROLLED: Endpoint.Topic.IDENTITY.value,
}
"""Each message, and which of a token's two webhooks it goes to."""
_NOBODY = str(UUID(int=0))


def dst_status_changed(row: Transaction) -> Tell:
    """A transaction has taken its present status."""
    return Tell(DST, row.id, {"status": row.status, "dst": str(row.id), "reason": row.reason})


def signature_status_changed(row: Transaction, signature: Signature) -> Tell:
    """A signature, whose document and signer are at hand, has taken its present status."""
    document, signer = signature.document, signature.signer
    data = {
        "status": signature.status,
        "group": signature.group_index,
        "dst": {"id": str(row.id), "title": row.title or None},
        "signature": str(signature.id),
        "signer": signer.handle if signer else None,
        "position": signature.where_position or None,
        "document": {"display_name": document.display_name or None, "id": str(document.id), "order": document.order},
        "automatic": signer is not None and signer.automatic,
        "page": str(signature.where_page or 1) if signature.where_position else None,
    }
    return Tell(SIGNATURE, signature.id, data)


def identity_request_enrolled(row: Enrollment) -> Tell:
    """An enrollment request was activated."""
    return Tell(ENROLLED, row.id, {"status": row.status, "request": str(row.id), "user": row.user.handle})


def sample(message: str, subject: UUID) -> Tell:
    """A message about nothing and nobody, for somebody who tries out a receiver."""
    samples: dict[str, dict[str, object]] = {
        DST: {"status": "pending", "dst": _NOBODY, "reason": None},
        SIGNATURE: {
            "status": "pending",
            "group": 0,
            "dst": {"id": _NOBODY, "title": "Test"},
            "signature": _NOBODY,
            "signer": "test",
            "position": "rect: 50, 100, 200, 150",
            "document": {"display_name": "Test", "id": _NOBODY, "order": 0},
            "automatic": False,
            "page": "1",
        },
        ENROLLED: {"status": "active", "request": _NOBODY, "user": "test"},
    }
    return Tell(message, subject, samples[message])


def payload_of(delivery: Delivery) -> dict[str, object]:
    """What is sent. Beside the contract's two keys stand ours: a test is marked as one."""
    fact = delivery.fact
    payload: dict[str, object] = {
        "message": fact.message,
        "data": fact.data,
        "id": str(fact.id),
        "sequence": fact.sequence,
        "timestamp": fact.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return payload | {"test": True} if delivery.test else payload


def body_of(delivery: Delivery) -> bytes:
    """The payload as the octets that are signed and sent, the same ones at every attempt."""
    return json.dumps(payload_of(delivery), ensure_ascii=False, separators=(",", ":")).encode()
