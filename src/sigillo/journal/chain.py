"""How an event is written down for hashing: one canonical form, so that a stranger can recompute it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID


def event_digest(
    *,
    previous: bytes,
    subject_kind: str,
    subject_id: UUID,
    sequence: int,
    kind: str,
    actor: str,
    at: datetime,
    data: Mapping[str, object],
) -> bytes:
    """SHA-256 of the digest before it (32 bytes) followed by this event as canonical JSON.

    Canonical is: keys sorted, no white space, ASCII only, times in UTC with six decimals and a Z.
    """
    body = {
        "actor": actor,
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": data,
        "kind": kind,
        "sequence": sequence,
        "subject": f"{subject_kind}:{subject_id}",
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(previous + canonical.encode("ascii")).digest()
